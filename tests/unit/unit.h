/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unit: what every unit test includes */
#ifndef UNIT_H
#define UNIT_H

/* cmocka.h wants the first four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A test over a table says which entry it is at, so that a failure names it. */
#define check(cond, ...)                                    \
	do {                                                \
		if (!(cond)) {                              \
			print_error("failed: %s: ", #cond); \
			print_error(__VA_ARGS__);           \
			print_error("\n");                  \
			fail();                             \
		}                                           \
	} while (0)

#endif
