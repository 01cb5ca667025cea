"""Pages on evidence: studies, documents, hypotheses, disagreements, mechanisms, findings."""
