// SPDX-License-Identifier: GPL-3.0-or-later
/* A library that opens its neighbour by bare name, as plugins' hosts do; the
 * dynamic linker takes the RUNPATH of whoever calls dlopen().
 *
 * LDFLAGS: -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN
 */
#include <dlfcn.h>

#include "lib_plugin.h"

void *outer_open(const char *name, int flags)
{
	return dlopen(name, flags);
}
