// SPDX-License-Identifier: GPL-3.0-or-later
/* differ: where a form may differ from TCP, each with its reason
 *
 * Everything that is not in this list must be the same.
 */
#include "probe.h"

/* clang-format off */
static const struct {
	const char *forms; /* separated by a space; "vsock-6.1": that kernel;
			    * "address", "thread": a sanitizer */
	const char *why;
} differences[DIFFER_MAX] = {
	[DIFFER_PENDING] = { "unix",
		"a failure of a unix target comes at once, from connect(), "
		"also where TCP would be in progress" },
	[DIFFER_INTERRUPT] = { "unix",
		"a unix connect that was interrupted does not go on by "
		"itself, so neither signal nor cancellation interrupts it, "
		"and it is not in progress after SO_SNDTIMEO" },
	[DIFFER_FORK_RESOLVE] = { "tcp",
		"glibc's resolver takes locks that fork() does not reset: a "
		"child of a process whose threads resolve may hang" },
	[DIFFER_RECV_NAME] = { "unix",
		"recvfrom() of a unix stream tells the peer's path" },
	[DIFFER_LATE] = { "vsock",
		"a vsock listener refuses when its queue is full, it does not "
		"answer late" },
	[DIFFER_RESET] = { "unix vsock",
		"neither AF_UNIX nor AF_VSOCK tells a reset from an end of "
		"file when the peer has read everything" },
	[DIFFER_RCVBUF] = { "unix vsock",
		"buffer sizes belong to the target's kind of socket" },
	[DIFFER_OOB] = { "unix vsock",
		"urgent data is TCP's; AF_VSOCK has none" },
	[DIFFER_SHUT_RD] = { "unix vsock",
		"TCP keeps SHUT_RD to itself, AF_UNIX and AF_VSOCK tell the "
		"peer, whose send fails then" },
	[DIFFER_SIGPIPE] = { "vsock-6.1",
		"Linux 6.1's vsock gives EPIPE without SIGPIPE" },
	[DIFFER_PORTS] = { "unix vsock",
		"the local port is made up, no kernel knows it" },
	[DIFFER_SPARE] = { "unix vsock",
		"the target's socket needs a number until it has taken the "
		"program's" },
	[DIFFER_DLOPEN] = { "address thread",
		"the sanitizers' own dlopen() is the caller then, and refuses "
		"RTLD_DEEPBIND" },
	[DIFFER_BAD_POINTER] = { "address thread",
		"the sanitizers report it" },
	[DIFFER_HELPER] = { "thread",
		"getaddrinfo_a() makes its thread behind ThreadSanitizer's "
		"back, which then crashes" },
	[DIFFER_BARE_FORK] = { "thread",
		"_Fork() leaves ThreadSanitizer's own locks held in the child" },
	[DIFFER_POLICY] = { "tcp",
		"without a configuration nothing is denied" },
};
/* clang-format on */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *p = list;

	while ((p = strstr(p, word))) {
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
		p += len;
	}
	return false;
}

/**
 * probe_differs_here() - May this form differ in @d?
 */
bool probe_differs_here(enum differ d)
{
	char kernel[32];

	snprintf(kernel, sizeof(kernel), "%s-%s", probe_form(),
		 getenv("PROBE_KERNEL") ?: "");
	return has_word(differences[d].forms, probe_form()) ||
	       has_word(differences[d].forms, kernel) ||
	       has_word(differences[d].forms,
			getenv("PROBE_SANITIZER") ?: "none");
}

/**
 * probe_differs() - Skip the rest of the case where the form differs in @d
 */
void probe_differs(enum differ d)
{
	if (probe_differs_here(d))
		probe_skip(differences[d].why);
}
