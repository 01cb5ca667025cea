"""What generated documents speak of: terms of the shared background, and words for the rest."""

from __future__ import annotations

from typing import Final

# Outcomes: the term, how a sentence calls it, and the instrument that measures it ('' where none).
OUTCOMES: Final = (
    ("symptom/pain", "pain", "measurement/vas"),
    ("symptom/chronic-pain", "long-lasting pain", "measurement/vas"),
    ("symptom/sleep-quality", "sleep quality", "measurement/psqi"),
    ("symptom/stress", "stress", "measurement/dass-42"),
    ("symptom/disease-impact", "disease impact", "measurement/fiq"),
    ("symptom/tender-points", "tender points", "measurement/tender-point-count"),
    ("symptom/fatigue", "fatigue", ""),
    ("symptom/anxiety", "anxiety", ""),
    ("symptom/muscle-spasm", "muscle spasm", ""),
    ("symptom/quality-of-life", "quality of life", ""),
    ("symptom/diarrhea", "loose stools", ""),
)

# Outcomes that are well when there is much of them.
GOOD: Final = frozenset(("symptom/sleep-quality", "symptom/quality-of-life"))

# What is given in a trial.
GIVEN: Final = (
    ("mineral/magnesium", "magnesium"),
    ("preparation/magnesium-citrate", "magnesium citrate"),
    ("preparation/magnesium-glycinate", "magnesium glycinate"),
    ("preparation/magnesium-malate", "magnesium malate"),
    ("mineral/calcium", "calcium"),
    ("entity/dietary-supplement", "a supplement of several minerals"),
)

# What people are found to have where nothing is given, and the assay that shows it.
EXPOSURES: Final = (
    ("mineral/magnesium", "serum magnesium", "measurement/serum-magnesium"),
    ("mineral/magnesium", "red-cell magnesium", "measurement/red-cell-magnesium"),
    ("condition/low-magnesium", "low magnesium", "measurement/serum-magnesium"),
    ("condition/low-tissue-magnesium", "low tissue magnesium", "measurement/muscle-magnesium"),
    ("symptom/poor-sleep-quality", "poor sleep", "measurement/psqi"),
    ("symptom/chronic-stress", "chronic stress", "measurement/dass-42"),
)

CONDITIONS: Final = (
    ("condition/fibromyalgia", "fibromyalgia"),
    ("condition/kidney-impairment", "impaired kidneys"),
    ("condition/hypomagnesemia", "hypomagnesemia"),
    ("condition/magnesium-deficiency", "magnesium deficiency"),
    ("condition/chronic-disorder", "a chronic disorder"),
)

# Symptoms that single out a part of the people in a study.
MARKS: Final = (
    ("symptom/mild-to-moderate-stress", "mild to moderate stress"),
    ("symptom/poor-sleep-quality", "poor sleep"),
    ("symptom/profound-fatigue", "profound fatigue"),
    ("symptom/widespread-pain", "widespread pain"),
)

# Links of mechanisms: each may be what the one before acts on.
LINKS: Final = (
    ("mineral/magnesium", "magnesium"),
    ("biological-entity/nmda-receptor", "the NMDA receptor"),
    ("biological-entity/substance-p", "substance P"),
    ("biological-entity/central-sensitization", "central sensitization"),
    ("biological-entity/pain-signalling", "pain signalling"),
    ("biological-entity/pain-threshold", "the pain threshold"),
    ("biological-entity/atp-synthesis", "ATP synthesis"),
    ("biological-entity/calcium-channel", "the calcium channel (α₂δ)"),
    ("biological-entity/muscle-contraction", "muscle contraction"),
    ("biological-entity/muscle-relaxation", "muscle relaxation"),
    ("biological-entity/nerve-function", "nerve function"),
    ("biological-entity/magnesium-loss", "magnesium loss"),
    ("symptom/muscle-tension", "muscle tension"),
    ("symptom/sleep-disturbance", "disturbed sleep"),
)

ACTIONS: Final = (
    ("blocks", "blocks"), ("reduces", "lowers"), ("increases", "raises"),
    ("regulates", "keeps a balance in"), ("promotes", "furthers"), ("affects", "changes"),
    ("contributes-to", "adds to"), ("required-for", "is needed for"),
)  # fmt: skip

# Subject, relation, object, and the sentence.
CHARACTERISTICS: Final = (
    ("condition/fibromyalgia", "has-feature", "symptom/widespread-pain",
     "Widespread pain belongs to the picture"),
    ("condition/fibromyalgia", "has-feature", "symptom/sleep-disturbance",
     "Nights are restless in most"),
    ("condition/low-magnesium", "frequent-in", "condition/fibromyalgia",
     "Too little magnesium is met often"),
    ("symptom/sleep-disturbance", "presents-as", "symptom/nonrestorative-sleep",
     "Sleep does not refresh"),
    ("biological-entity/nmda-receptor", "located-in", "biological-entity/spinal-cord",
     "The receptor sits in the spinal cord, too"),
    ("symptom/fatigue", "associated-with", "symptom/anxiety", "Tiredness and worry go together"),
    ("condition/kidney-impairment", "contributes-to", "condition/magnesium-build-up",
     "Kidneys that fail let magnesium build up"),
)  # fmt: skip

# Which hypothesis a finding on an outcome bears on.
HYPOTHESES: Final = {
    "symptom/pain": "hypothesis/magnesium-reduces-pain",
    "symptom/chronic-pain": "hypothesis/magnesium-reduces-pain",
    "symptom/stress": "hypothesis/magnesium-reduces-stress",
    "symptom/sleep-quality": "hypothesis/magnesium-improves-sleep",
    "symptom/fatigue": "hypothesis/magnesium-reduces-fatigue",
    "symptom/disease-impact": "hypothesis/low-magnesium-goes-with-severity",
}

PEOPLE: Final = (
    "population/people-with-fibromyalgia", "population/most-adults",
    "population/people-with-kidney-impairment", "population/people-with-sleep-problems",
    "population/people-starting-a-supplement", "population/people-on-prescribed-medicines",
)  # fmt: skip

# What other documents know as well: studies and publications of the background.
SHARED_STUDIES: Final = ("study/alisik-2025", "study/macian-2022", "study/boulis-2021")
SHARED_PUBLICATIONS: Final = (
    "publication/alisik-2025", "publication/macian-2022", "publication/boulis-2021",
)  # fmt: skip

SURNAMES: Final = (
    "Abiodun", "Åkerlund", "Bělohlávek", "Castañeda", "Đorđević", "Eriksen", "Fonseca", "Gîrleanu",
    "Haddad", "Iwasaki", "Jørgensen", "Kowalczyk", "Łukasik", "Müller", "Nguyễn", "O'Hanlon",
    "Öztürk", "Papadakis", "Quispe", "Rautiainen", "Šimůnek", "Tremblay", "Ünlü", "Vandenberghe",
    "Walsh", "Xu", "Yamaguchi", "Zieliński", "王", "Παππάς", "Соколова",
)  # fmt: skip
INITIALS: Final = ("A", "B", "CD", "É", "F", "GH", "J", "K", "LM", "N", "P", "R", "S", "TW", "Y")
JOURNALS: Final = (
    "Annals of Mineral Nutrition", "Archives of Slow Medicine", "Cahiers de la douleur",
    "Journal of Quiet Sleep", "Nordic Letters on Pain", "Proceedings in Primary Care",
    "Revista de Nutrición Clínica", "Zeitschrift für Schlafkunde", "疼痛研究",
)  # fmt: skip
PLACES: Final = (
    "Bergen", "Cluj", "Coimbra", "Gdańsk", "Göteborg", "Hobart", "Izmir", "Kumasi", "León", "Lyon",
    "Málaga", "Odense", "Plzeň", "Québec", "Reykjavík", "São Paulo", "Tartu", "Umeå", "Zürich",
    "京都",
)  # fmt: skip
LANGUAGES: Final = ("en", "en", "en", "en", "en", "en", "de", "fr", "pt-BR", "ja")

# Written with escapes in JSON, and with care everywhere else.
REMARKS: Final = (
    'The authors call this a "clear signal"; the table says less.',
    "Read from a scan:\nthe second digit of the dose is smudged.",
    "Given as C:\\data\\table 2, which is not in the document.",
    "Column heads and units\tare parted by tabs in the print.",
    "Between the 25th & 75th centile; <5 % were left out.",
    "A footnote † says 'see above' 🙂 and nothing more.",
)
