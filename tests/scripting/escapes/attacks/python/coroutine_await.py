# aim: what a coroutine waits for
# kind: escape
# source: CVE-2023-37271
async def f(): pass
c = f()
c.send(None) if False else c.close()
return 'BROKEN' if c.cr_await is None else None
