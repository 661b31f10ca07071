# aim: the frame of a generator, by text
# kind: escape
# source: CVE-2023-37271
g = (x for x in [1])
return 'BROKEN' if getattr(g, 'gi_frame') else None
