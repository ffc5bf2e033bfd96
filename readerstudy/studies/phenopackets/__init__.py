"""GA4GH Phenopackets, schema version 2.0 (Jacobsen et al. 2022, Nat Biotechnol 40:817), out of a cohort and into one.

A packet is one subject: code, sex, age at the index photo, diagnosis. No photo, no name, no date of birth goes out, and
a date of birth that comes in is not taken over. Messages are built and parsed by the schema's own package.
"""
