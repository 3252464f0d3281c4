/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lifecycle: from the constructor through forks
 *
 * There is no destructor: other libraries' destructors run after ours would
 * (and use sockets), and the kernel takes everything back at exit.
 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include <stdbool.h>

#include "conf.h"
#include "nameaddr.h"
#include "route.h"

/* What is set once, by lifecycle_init(), and only read afterwards; but for the
 * contents of @names, which the lock guards. */
struct shim {
	struct conf conf;
	struct nameaddr *names; /* NULL: no memory, no name can be routed */
	struct route_prefilter filter; /* before init: lets everything by */
};

extern struct shim shim;

void lifecycle_init(void);
bool lifecycle_own(void);

#endif
