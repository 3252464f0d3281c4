// SPDX-License-Identifier: GPL-3.0-or-later
/* passed: see passed.h
 *
 * `pass db.internal` before `deny *`: the name is libc's to resolve, and the
 * address that comes back would fall under the second rule.  So the answers
 * are remembered, the latest PASSED_MAX of them, and an address among them is
 * not looked for under rules for everything.  A program that is exec'd later
 * resolves again.  Takes the lock.
 */

#include <string.h>

#include "lifecycle.h"
#include "lock.h"
#include "passed.h"

#define PASSED_MAX 1024

static struct addr known[PASSED_MAX]; /* the latest at the end */
static size_t count;

/* Return: index, or @count: not there */
static size_t find(const struct addr *a)
{
	size_t i = count;

	while (i-- > 0) {
		if (addr_equal(&known[i], a))
			return i;
	}
	return count;
}

static void take_out(size_t i)
{
	count--;
	memmove(&known[i], &known[i + 1], (count - i) * sizeof(known[0]));
}

/**
 * passed_add() - Remember an address; the one that was not seen for longest is
 * forgotten
 * @sa, @len:	address; of other families than IP: ignored
 */
void passed_add(const struct sockaddr *sa, socklen_t len)
{
	struct lock_guard g;
	struct addr a;
	uint16_t port;
	size_t i;

	if (!addr_from_sockaddr(sa, len, &a, &port) || !lifecycle_own())
		return;
	lock_enter(&g);
	i = find(&a);
	if (i < count)
		take_out(i);
	else if (count == PASSED_MAX)
		take_out(0);
	known[count++] = a;
	lock_leave(&g);
}

/**
 * passed_has() - Is it one of the addresses remembered?
 */
bool passed_has(const struct addr *a)
{
	struct lock_guard g;
	bool found;

	if (!lifecycle_own()) /* a vfork child */
		return false;
	lock_enter(&g);
	found = find(a) < count;
	lock_leave(&g);
	return found;
}
