# Global: counts to params.steps with a pause after each, and shows how far it is. Good for stopping and canceling.
steps = params.get('steps') or 20
pause = params.get('pause') or 100
for step in range(1, steps + 1):
    sys.utils.script.wait(pause)
    sys.jobs.setProgress(100 * step // steps, 'step ' + str(step) + ' of ' + str(steps))
return {'counted': steps}
