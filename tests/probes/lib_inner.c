// SPDX-License-Identifier: GPL-3.0-or-later
/* The neighbour that lib_outer finds by its bare name. */
#include "lib_plugin.h"

int inner_answer(void)
{
	return 42;
}
