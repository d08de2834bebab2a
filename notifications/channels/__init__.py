"""One file per channel, one face (`base.Channel`)."""
