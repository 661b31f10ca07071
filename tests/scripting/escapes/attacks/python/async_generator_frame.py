# aim: the frame of an asynchronous generator
# kind: escape
# source: CVE-2023-37271
async def f():
    yield 1
return 'BROKEN' if f().ag_frame else None
