/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial: open a rule's target, as a descriptor on the side */
#ifndef DIAL_H
#define DIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "conf.h"

/* What dial_open() has got */
struct dial {
	int fd;          /* non-blocking, close-on-exec; the caller's */
	bool connecting; /* not connected yet: dial_wait(), or poll(2) */
	int cause;       /* on failure, the kernel's errno, for the log */
};

int dial_open(struct dial *d, const struct rule *rule, int limit_ms);
int dial_poll(int fd, int limit_ms);
int dial_wait(struct dial *d, int limit_ms);
int dial_error(int err);

#endif
