/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch: the vsockwrap command; what its files share
 *
 *	launch.c		options, order of events, exec
 *	launch_conf.c		configuration and the variables that carry it
 *	launch_preload.c	where the library is, LD_PRELOAD
 *	launch_find.c		the command: PATH, interpreters of scripts
 *	launch_elf.c		what an ELF file says of itself
 *	launch_diagnose.c	programs and settings that defeat the library
 *	launch_host.c		HOST[:PORT]
 *	launch_explain.c	--explain
 *
 * An ordinary program: it may use stdio and malloc, and leaves freeing to exec
 * and exit.  Standard output is the program's; ours is standard error.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h"

enum {
	LAUNCH_FAILED = 125,   /* as env(1) and timeout(1) have them */
	LAUNCH_NOT_EXEC = 126, /* found, cannot be executed */
	LAUNCH_NOT_FOUND = 127,
};

struct launch_options {
	const char *config; /* -c, or NULL */
	char **rules;       /* -r, in order */
	size_t nrules;
	unsigned verbose; /* how many -v */
	bool force;
};

/* launch.c */
_Noreturn void launch_die(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void launch_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *launch_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* launch_conf.c */
void launch_conf_read(struct conf *c, const struct launch_options *o);
void launch_conf_export(const struct launch_options *o);

/* launch_preload.c */
char *launch_preload_library(void);
void launch_preload_set(const char *library);

/* launch_find.c */

/* Files that the kernel and env(1) go through to run one command. */
#define LAUNCH_CHAIN_MAX 8

struct launch_chain {
	char *path[LAUNCH_CHAIN_MAX]; /* the command, its interpreter, ... */
	size_t n;
};

char *launch_find(const char *command, int *err);
void launch_find_chain(const char *path, struct launch_chain *chain);

/* launch_elf.c */
enum launch_elf_status {
	LAUNCH_ELF_OK,
	LAUNCH_ELF_FOREIGN,    /* only class and machine are filled in */
	LAUNCH_ELF_NOT,        /* some other kind of file */
	LAUNCH_ELF_UNREADABLE, /* may be executed, but not read */
};

struct launch_elf {
	unsigned bits; /* 32 or 64; 0 where unknown */
	bool big_endian;
	unsigned machine; /* EM_* of elf.h */
	bool dynamic;     /* the kernel starts a dynamic loader for it */
	bool is_loader;   /* it is a dynamic loader (or a library) itself */
	bool go;          /* the Go linker left its mark */
	char interp[256]; /* that loader's path, "" if not dynamic */
};

enum launch_elf_status launch_elf_read(const char *path, struct launch_elf *e);
void launch_elf_own(struct launch_elf *e);
char *launch_elf_kind(const struct launch_elf *e);

/* launch_diagnose.c */
bool launch_diagnose_program(const char *path, bool force);
void launch_diagnose_proxy(const struct conf *c);

/* launch_host.c */
struct launch_host {
	const char *name; /* not NUL-terminated */
	size_t len;
	bool literal; /* it is @addr, not a name */
	struct addr addr;
	uint16_t port;
};

const char *launch_host_parse(struct launch_host *h, const char *s, size_t len,
			      uint16_t default_port);

/* launch_explain.c */
int launch_explain(const struct conf *c, char **hosts);

#endif
