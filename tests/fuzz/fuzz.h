/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz: what every fuzz target includes
 *
 * A target is LLVMFuzzerTestOneInput(): any bytes in, invariants checked,
 * MUST() says which did not hold.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                          \
	do {                                                                \
		if (!(cond)) {                                              \
			fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, \
				__LINE__, #cond);                           \
			abort();                                            \
		}                                                           \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy with nothing around it, for the sanitizer; free() it. */
static inline char *fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size + !size);

	MUST(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

#endif
