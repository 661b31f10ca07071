# aim: the frame of the caller of the script
# kind: escape
# source: pyjail classic
try:
    1 / 0
except Exception as e:
    return 'BROKEN' if getattr(e, '__traceback__').tb_frame.f_back.f_builtins else None
