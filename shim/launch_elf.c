// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_elf: what an ELF file says of itself, elf(5)
 *
 * The file is anybody's: every offset and count in it is only used to read
 * into memory of our own size, and a piece that is not there is not there.
 */

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

/* This executable's own header; the linker provides the name. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	if (offset > INT64_MAX)
		return false;
	return pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

/* Numbers of ELF files are in the byte order of their machine. */
static unsigned get16(const unsigned char *p, bool big_endian)
{
	return big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0];
}

static void read_ident(const unsigned char *ident, struct launch_elf *e)
{
	e->bits = ident[EI_CLASS] == ELFCLASS64   ? 64
		  : ident[EI_CLASS] == ELFCLASS32 ? 32
						  : 0;
	e->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	/* e_machine stands at the same place in both classes */
	e->machine =
		get16(ident + offsetof(Elf32_Ehdr, e_machine), e->big_endian);
}

static bool is_native(const unsigned char *ident, const struct launch_elf *e)
{
	return ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
	       ident[EI_DATA] == __ehdr_start.e_ident[EI_DATA] &&
	       e->machine == __ehdr_start.e_machine;
}

static void read_interp(int fd, const ElfW(Phdr) * ph, struct launch_elf *e)
{
	size_t len = ph->p_filesz;

	e->dynamic = true;
	if (len >= sizeof(e->interp))
		len = sizeof(e->interp) - 1;
	if (!read_at(fd, e->interp, len, ph->p_offset))
		len = 0;
	e->interp[len] = '\0';
}

/* A loader is a library with a name; a static PIE is not. */
static bool has_soname(int fd, const ElfW(Phdr) * ph)
{
	ElfW(Dyn) dyn;

	for (uint64_t at = 0; at + sizeof(dyn) <= ph->p_filesz;
	     at += sizeof(dyn)) {
		if (!read_at(fd, &dyn, sizeof(dyn), ph->p_offset + at) ||
		    dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_SONAME)
			return true;
	}
	return false;
}

static void read_segments(int fd, const ElfW(Ehdr) * eh, struct launch_elf *e)
{
	ElfW(Phdr) ph;

	if (eh->e_phentsize != sizeof(ph))
		return;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		if (!read_at(fd, &ph, sizeof(ph),
			     eh->e_phoff + (uint64_t)i * sizeof(ph)))
			return;
		if (ph.p_type == PT_INTERP)
			read_interp(fd, &ph, e);
		else if (ph.p_type == PT_DYNAMIC && eh->e_type == ET_DYN)
			e->is_loader = has_soname(fd, &ph);
	}
}

/* Sections that the Go linker writes and strip(1) leaves. */
static bool is_go_section(int fd, uint64_t name_offset)
{
	static const char buildinfo[] = ".go.buildinfo";
	static const char buildid[] = ".note.go.buildid";
	char name[sizeof(buildid)];

	if (read_at(fd, name, sizeof(buildid), name_offset) &&
	    !memcmp(name, buildid, sizeof(buildid)))
		return true;
	return read_at(fd, name, sizeof(buildinfo), name_offset) &&
	       !memcmp(name, buildinfo, sizeof(buildinfo));
}

static bool has_go_section(int fd, const ElfW(Ehdr) * eh)
{
	ElfW(Shdr) names, sh;

	if (eh->e_shentsize != sizeof(sh) || eh->e_shstrndx >= eh->e_shnum ||
	    !read_at(fd, &names, sizeof(names),
		     eh->e_shoff + (uint64_t)eh->e_shstrndx * sizeof(sh)))
		return false;
	for (unsigned i = 1; i < eh->e_shnum; i++) {
		if (!read_at(fd, &sh, sizeof(sh),
			     eh->e_shoff + (uint64_t)i * sizeof(sh)))
			return false;
		if (is_go_section(fd, names.sh_offset + sh.sh_name))
			return true;
	}
	return false;
}

static enum launch_elf_status read_fd(int fd, struct launch_elf *e)
{
	unsigned char head[sizeof(ElfW(Ehdr))] = { 0 };
	ElfW(Ehdr) eh;

	/* 32 bits: the shorter header, enough to tell a foreign file */
	if (!read_at(fd, head, sizeof(Elf32_Ehdr), 0) ||
	    memcmp(head, ELFMAG, SELFMAG))
		return LAUNCH_ELF_NOT;
	read_ident(head, e);
	if (!is_native(head, e))
		return LAUNCH_ELF_FOREIGN;
	if (!read_at(fd, &eh, sizeof(eh), 0))
		return LAUNCH_ELF_NOT;
	read_segments(fd, &eh, e);
	e->go = has_go_section(fd, &eh);
	return LAUNCH_ELF_OK;
}

/**
 * launch_elf_read() - Read the headers of a file
 * @e:		filled in, see launch.h for how far
 */
enum launch_elf_status launch_elf_read(const char *path, struct launch_elf *e)
{
	enum launch_elf_status status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	*e = (struct launch_elf){ 0 };
	if (fd < 0)
		return LAUNCH_ELF_UNREADABLE;
	status = read_fd(fd, e);
	close(fd);
	return status;
}

/**
 * launch_elf_own() - What kind of program this launcher, and so the library, is
 */
void launch_elf_own(struct launch_elf *e)
{
	*e = (struct launch_elf){ 0 };
	read_ident((const unsigned char *)&__ehdr_start, e);
}

/**
 * launch_elf_kind() - "64-bit x86-64" and the like
 *
 * Return: new memory, the caller's
 */
char *launch_elf_kind(const struct launch_elf *e)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{ EM_386, "x86" },       { EM_X86_64, "x86-64" },
		{ EM_ARM, "ARM" },       { EM_AARCH64, "AArch64" },
		{ EM_PPC64, "PowerPC" }, { EM_S390, "S/390" },
		{ EM_RISCV, "RISC-V" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == e->machine)
			return launch_format("%u-bit %s", e->bits,
					     names[i].name);
	return launch_format("%u-bit ELF machine %u", e->bits, e->machine);
}
