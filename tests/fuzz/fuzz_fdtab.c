// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_fdtab: any operations on the fd table, beside a model
 *
 * Input: three bytes each, tests/unit/fdtab_model.h. */

#include "fuzz.h"

#define MODEL_CHECK(cond) MUST(cond)
#include "../unit/arena_fake.h"
#include "../unit/fdtab_model.h"

/* libFuzzer has descriptors of its own, all below */
#define BASE 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m;

	model_init(&m, BASE);
	model_run(&m, data, size);
	MUST(fake_live == 0);
	return 0;
}
