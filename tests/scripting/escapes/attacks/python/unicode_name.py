# aim: a forbidden name in letters that NFKC makes plain
# kind: escape
# source: pyjail (unicode identifiers)
return 'BROKEN' if ''.__𝔠lass__ else None
