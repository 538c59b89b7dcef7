// What a program is to do comes on standard input, what came of it goes to
// standard output, both as JSON. A refusal is an outcome like any other: what the
// library made of it is reported.
export async function job() {
	let text = ''
	for await (const chunk of process.stdin) text += chunk
	return JSON.parse(text)
}

export async function report(outcome) {
	let result
	try {
		result = await outcome
	} catch (err) {
		// What the body said, or the challenge where there is one.
		const said = err.error === undefined ? (err.cause?.[0]?.parameters ?? {}) : err
		result = {
			refused: {
				error: said.error ?? '',
				error_description: said.error_description ?? '',
				message: [err.name, err.code, err.message].join(': '),
			},
		}
	}
	console.log(JSON.stringify(result))
}
