// Global: throws, so that its job shows what an error looks like.
sys.jobs.logInfo('about to fail');
sys.exceptions.throwException('badRequest', 'the color "' + (params.color || 'none') + '" is not allowed');
