# aim: what a function of the API closes over
# kind: escape
# source: own
def outer():
    hidden = 'BROKEN'
    return lambda: hidden
return outer().__closure__[0].cell_contents
