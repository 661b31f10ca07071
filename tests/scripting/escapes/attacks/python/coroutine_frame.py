# aim: the frame of a coroutine
# kind: escape
# source: CVE-2023-37271
async def f(): pass
c = f()
frame = c.cr_frame
c.close()
return 'BROKEN' if frame else None
