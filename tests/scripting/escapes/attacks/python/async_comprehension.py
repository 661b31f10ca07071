# aim: an asynchronous comprehension, which no guard knows
# kind: escape
# source: own
async def f(items):
    return [x async for x in items]
c = f([])
c.close()
return 'BROKEN'
