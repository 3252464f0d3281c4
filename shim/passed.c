// SPDX-License-Identifier: GPL-3.0-or-later
/* passed: see passed.h
 *
 * `pass db.internal` before `deny *`: the name is libc's to resolve, and the
 * address that comes back would fall under the second rule.  So the answers
 * are remembered, the latest PASSED_MAX of them, and an address among them is
 * not looked for under rules for everything.  A program that is exec'd later
 * resolves again.  Takes the lock.
 */

#include "lifecycle.h"
#include "lock.h"
#include "passed.h"

#define PASSED_MAX 1024

static struct addr ring[PASSED_MAX];
static size_t count; /* ever added */

static bool find(const struct addr *a)
{
	for (size_t i = 0; i < count && i < PASSED_MAX; i++) {
		if (addr_equal(&ring[i], a))
			return true;
	}
	return false;
}

/**
 * passed_add() - Remember an address; the oldest is forgotten
 * @sa, @len:	address; of other families than IP: ignored
 */
void passed_add(const struct sockaddr *sa, socklen_t len)
{
	struct lock_guard g;
	struct addr a;
	uint16_t port;

	if (!addr_from_sockaddr(sa, len, &a, &port) || !lifecycle_own())
		return;
	lock_enter(&g);
	if (!find(&a))
		ring[count++ % PASSED_MAX] = a;
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
	found = find(a);
	lock_leave(&g);
	return found;
}
