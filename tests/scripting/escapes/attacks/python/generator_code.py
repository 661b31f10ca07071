# aim: the code of a generator
# kind: escape
# source: CVE-2023-37271
return 'BROKEN' if (x for x in [1]).gi_code else None
