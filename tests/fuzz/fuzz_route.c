// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_route: route_pattern_match() beside its definition
 *
 * Input: pattern, NUL, name. */

#include "fuzz.h"
#include "route.h"
#include "text.h"

#define MAX 253

/* fits[i][j]: does pattern[i..] fit name[j..]?  From the ends forward, each
 * pair once: * is one byte or more without a dot, ** one byte or more. */
static bool defined(const char *p, size_t plen, const char *n, size_t nlen)
{
	static bool fits[MAX + 1][MAX + 1];

	for (size_t i = plen + 1; i-- > 0;) {
		bool star = i < plen && p[i] == '*';
		bool any = star && i + 1 < plen && p[i + 1] == '*';
		size_t next = i + (any ? 2 : 1);

		for (size_t j = nlen + 1; j-- > 0;) {
			bool taken = j < nlen && (any || n[j] != '.');

			if (i == plen)
				fits[i][j] = j == nlen;
			else if (!star)
				fits[i][j] =
					j < nlen &&
					text_lower(p[i]) == text_lower(n[j]) &&
					fits[i + 1][j + 1];
			else /* one byte more, or the last that it takes */
				fits[i][j] = taken && (fits[i][j + 1] ||
						       fits[next][j + 1]);
		}
	}
	return fits[0][0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t plen = nul ? (size_t)(nul - data) : 0, nlen, bare;
	char *pattern, *name;

	if (!nul)
		return 0;
	nlen = size - plen - 1;
	if (plen > MAX || nlen > MAX)
		return 0;
	pattern = fuzz_copy(data, plen);
	name = fuzz_copy(nul + 1, nlen);
	bare = nlen && name[nlen - 1] == '.' ? nlen - 1 : nlen;
	MUST(route_pattern_match(pattern, plen, name, nlen) ==
	     (bare && defined(pattern, plen, name, bare)));
	free(pattern);
	free(name);
	return 0;
}
