"""Names offered where a reader is asked which syndrome a face suggests: a fixed list, the same for every study.

It must not be made from a cohort's diagnoses: that would tell readers which ones to expect.
"""

from readerstudy.studies.models import Protocol

SYNDROMES = """\
22q11.2 deletion syndrome
Aarskog syndrome
Alagille syndrome
Alpha-mannosidosis
Angelman syndrome
Apert syndrome
Bardet-Biedl syndrome
Beckwith-Wiedemann syndrome
Branchio-oto-renal syndrome
Cardiofaciocutaneous syndrome
CHARGE syndrome
Cockayne syndrome
Coffin-Lowry syndrome
Coffin-Siris syndrome
Cohen syndrome
Cornelia de Lange syndrome
Costello syndrome
Cri du chat syndrome
Crouzon syndrome
Down syndrome
Ehlers-Danlos syndrome
Ellis-van Creveld syndrome
Fetal alcohol spectrum disorder
Floating-Harbor syndrome
Fragile X syndrome
Goldenhar syndrome
Hypohidrotic ectodermal dysplasia
Jacobsen syndrome
Joubert syndrome
Kabuki syndrome
KBG syndrome
Kleefstra syndrome
Klinefelter syndrome
Koolen-de Vries syndrome
Langer-Giedion syndrome
Loeys-Dietz syndrome
Marfan syndrome
Marshall-Smith syndrome
Miller-Dieker syndrome
Moebius syndrome
Mowat-Wilson syndrome
Mucopolysaccharidosis
Neurofibromatosis type 1
Nicolaides-Baraitser syndrome
Noonan syndrome
Noonan syndrome with multiple lentigines
Oculodentodigital dysplasia
Opitz G/BBB syndrome
Pallister-Killian syndrome
Pfeiffer syndrome
Phelan-McDermid syndrome
Pierre Robin sequence
Pitt-Hopkins syndrome
Potocki-Lupski syndrome
Prader-Willi syndrome
Rett syndrome
Robinow syndrome
Rubinstein-Taybi syndrome
Russell-Silver syndrome
Saethre-Chotzen syndrome
Seckel syndrome
Smith-Lemli-Opitz syndrome
Smith-Magenis syndrome
Sotos syndrome
Stickler syndrome
Treacher Collins syndrome
Trichorhinophalangeal syndrome
Trisomy 13
Trisomy 18
Tuberous sclerosis
Turner syndrome
Waardenburg syndrome
Weaver syndrome
Williams syndrome
Wolf-Hirschhorn syndrome
X-linked alpha-thalassaemia intellectual disability syndrome
Zellweger syndrome""".splitlines()

LONGEST_NAME = 120
MOST_NAMES = 500


def suggestions(protocol: Protocol) -> list[str]:
    """The protocol's own list, one name a line, or the one above."""
    own = list(dict.fromkeys(line.strip() for line in protocol.syndromes.splitlines() if line.strip()))
    return own or SYNDROMES
