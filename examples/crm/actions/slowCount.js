// Global: counts to params.steps with a pause after each, and shows how far it is. Good for stopping and canceling.
var steps = params.steps || 20;
var pause = params.pause || 100;
for (var step = 1; step <= steps; step++) {
  sys.utils.script.wait(pause);
  sys.jobs.setProgress(Math.floor(100 * step / steps), 'step ' + step + ' of ' + steps);
}
return {counted: steps};
