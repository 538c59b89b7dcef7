package smart

import "strings"

// Release is a set of FHIR releases.
type Release uint8

const (
	R4  Release = 1 << iota // 4.0
	R4B                     // 4.3
	R5                      // 5.0
)

// Releases returns the releases that have a resource type, by the exact name;
// none means that the type is unknown, or abstract as DomainResource is. All
// have the Wildcard. A scope can be well-formed and name an unknown type: a
// misspelling as in Procedures, or a type of a release to come.
func Releases(resourceType string) Release { return resourceTypes[resourceType] }

// resourceTypes holds every concrete resource type and the releases that have
// it.
var resourceTypes = releasesByType(map[Release]string{
	R4 | R4B | R5: `*
		Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
		Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam ChargeItem
		ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
		CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
		CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest
		DiagnosticReport DocumentReference Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare
		EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag
		Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
		ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage
		List Location Measure MeasureReport Medication MedicationAdministration MedicationDispense
		MedicationKnowledge MedicationRequest MedicationStatement MessageDefinition MessageHeader MolecularSequence
		NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome
		Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation Person
		PlanDefinition Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse
		RelatedPerson ResearchStudy ResearchSubject RiskAssessment Schedule SearchParameter ServiceRequest Slot
		Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance SupplyDelivery
		SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult
		VisionPrescription`,
	R4 | R4B: `
		CatalogEntry DeviceUseStatement DocumentManifest Media RequestGroup ResearchDefinition
		ResearchElementDefinition`,
	R4 | R5: `
		SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation
		SubstanceSourceMaterial`,
	R4B | R5: `
		AdministrableProductDefinition Citation ClinicalUseDefinition EvidenceReport Ingredient
		ManufacturedItemDefinition MedicinalProductDefinition NutritionProduct PackagedProductDefinition
		RegulatedAuthorization SubscriptionStatus SubscriptionTopic SubstanceDefinition`,
	R4: `
		EffectEvidenceSynthesis MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
		MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
		MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
		MedicinalProductUndesirableEffect RiskEvidenceSynthesis SubstanceSpecification`,
	R5: `
		ActorDefinition ArtifactAssessment BiologicallyDerivedProductDispense ConditionDefinition DeviceAssociation
		DeviceDispense DeviceUsage EncounterHistory FormularyItem GenomicStudy ImagingSelection InventoryItem
		InventoryReport NutritionIntake Permission RequestOrchestration Requirements TestPlan Transport`,
})

func releasesByType(namesByRelease map[Release]string) map[string]Release {
	types := make(map[string]Release)
	for release, names := range namesByRelease {
		for name := range strings.FieldsSeq(names) {
			types[name] |= release
		}
	}
	return types
}
