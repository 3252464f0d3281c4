# SPDX-License-Identifier: GPL-3.0-or-later
# vsockwrap: see README.md; `make V=1` shows the commands.

VERSION := 0.1.0

CC         ?= cc
INSTALL    ?= install
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib/vsockwrap
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
DESTDIR    ?=
B          ?= build

Q := $(if $(V),,@)
say = $(if $(V),:,printf '  %-7s %s\n' '$(1)' '$(2)')

# A flag that this compiler (and its linker) takes, or nothing.
probe = $(shell printf 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wformat=2 -Wvla -Wpointer-arith -Wundef
HARDEN_CFLAGS := $(foreach f,-fstack-protector-strong \
	-fstack-clash-protection -fcf-protection,$(call probe,$(f)))
# A sanitizer's symbols are in the program, not in the library.
SANITIZED := $(filter -fsanitize%,$(OPT))
LINK_HARDEN := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack \
	$(if $(SANITIZED),$(SANITIZED),-Wl,-z,defs)

# The user's CFLAGS and LDFLAGS come last, so that they win.
OPT      ?= -O2 -g
BASE     := -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DLIBDIR='"$(LIBDIR)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
	-MMD -MP $(WARN) $(HARDEN_CFLAGS) $(OPT)
LIB_CFLAGS := $(BASE) -fPIC -fvisibility=hidden -fno-plt
EXE_CFLAGS := $(BASE) -fPIE

# Pure modules: no system calls, no globals; also linked by the launcher.
PURE := addr awsname conf conf_dest conf_name conf_setting conf_target \
	conf_word nameaddr route text

all: check-unit

$B/exe/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

# Unit tests: one program for each pure module.  With sanitizers:
# make check-unit B=build/asan OPT='-O1 -g -fsanitize=address,undefined \
#	-fno-sanitize-recover'
UNIT := $(patsubst tests/%.c,$B/%,$(wildcard tests/unit/test_*.c))

$(UNIT:=.o): $B/unit/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) -Ishim $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

$(UNIT): %: %.o $(PURE:%=$B/exe/%.o)
	@$(call say,LD,$@)
	$Q$(CC) -pie $(OPT) -o $@ $^ -lcmocka $(LDFLAGS)

check-unit: $(UNIT)
	@bad=; for t in $(UNIT); do \
		echo "$${t##*/}:"; $$t || bad="$$bad $${t##*/}"; done; \
		[ -z "$$bad" ] || { echo "failed:$$bad" >&2; exit 1; }

-include $(UNIT:=.d)


.PHONY: all check-unit
