# aim: the frame of a generator expression
# kind: escape
# source: CVE-2023-37271
g = (g.gi_frame.f_back for x in [1])
return 'BROKEN' if list(g) else None
