// A custom event: event.data says which company reached which score.
log(event.data.company + ' reached ' + event.data.score);
