#include "loader/elf_image.hpp"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

// Bounds: far above what a plugin has, far below what would hurt.
constexpr std::uint64_t max_segments = 256;
constexpr std::uint64_t max_sections = 8192;
constexpr std::uint64_t max_note_bytes = 1u << 20;
constexpr std::uint64_t max_dynamic_bytes = 1u << 20;
constexpr std::uint64_t max_symbol_bytes = 64u << 20;
constexpr std::size_t max_name = 512;
constexpr std::uint32_t note_type = 1;
constexpr std::string_view note_name{"bowline\0", 8};

#if defined(__x86_64__)
constexpr std::uint16_t this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t this_machine = EM_AARCH64;
#else
#error "the plugin ABI is defined for x86-64 and aarch64"
#endif

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "i386";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "POWER";
    case EM_S390:
      return "s390";
    default:
      return "machine " + std::to_string(machine);
  }
}

template <class T>
bool read_one(const ByteSource& source, std::uint64_t offset, T& out) {
  return source.read(offset, std::as_writable_bytes(std::span(&out, 1)));
}

template <class T>
std::optional<std::vector<T>> read_many(const ByteSource& source, std::uint64_t offset, std::uint64_t count) {
  if (!source.holds(offset, count * sizeof(T)))
    return std::nullopt;  // before allocating; counts are bounded by callers
  std::vector<T> out(count);
  if (!source.read(offset, std::as_writable_bytes(std::span(out)))) return std::nullopt;
  return out;
}

struct Parser {
  const ByteSource& source;
  std::string_view file;
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments{};
  std::vector<Elf64_Shdr> sections{};
  ElfFacts facts{};

  Error truncated(std::string_view what) const {
    return refuse("PLUGIN_TRUNCATED", file,
                  "its " + std::string(what) + " lies beyond the end of the file, which has " +
                      std::to_string(source.size()) + " bytes",
                  "copy or build it again");
  }
  Error damaged(std::string_view what) const {
    return refuse("PLUGIN_NOTE_INVALID", file, std::string(what), "rebuild it with bowline_add_plugin()");
  }
  Error wrong_machine(const std::string& built_for) const {
    return refuse("PLUGIN_WRONG_MACHINE", file,
                  "was built for " + built_for + ", this host runs on " + machine_name(this_machine),
                  "build it for " + machine_name(this_machine));
  }

  Result<void> read_identity() {
    std::array<unsigned char, EI_NIDENT> ident{};
    const auto have = std::min<std::uint64_t>(source.size(), ident.size());
    if (!source.read(0, std::as_writable_bytes(std::span(ident).first(have)))) return truncated("ELF header");
    const auto magic = std::min<std::uint64_t>(have, SELFMAG);
    if (have != 0 && std::memcmp(ident.data(), ELFMAG, magic) != 0)
      return refuse("PLUGIN_NOT_ELF", file, "needs to be an ELF shared library and is something else",
                    "name a Linux shared library (.so)");
    if (source.size() < sizeof(Elf64_Ehdr)) {
      if (have > EI_CLASS && ident[EI_CLASS] != ELFCLASS64) return wrong_machine("a 32-bit machine");
      return truncated("ELF header");
    }
    if (ident[EI_CLASS] != ELFCLASS64) return wrong_machine("a 32-bit machine");
    if (ident[EI_DATA] != ELFDATA2LSB) return wrong_machine("a big-endian machine");
    if (!read_one(source, 0, header)) return truncated("ELF header");
    if (header.e_machine != this_machine) return wrong_machine(machine_name(header.e_machine));
    if (header.e_type != ET_DYN)
      return refuse("PLUGIN_NOT_LIBRARY", file,
                    "is an executable, an object file or a core dump, and a shared library is needed",
                    "link it as a shared library, as bowline_add_plugin() does");
    return {};
  }

  Result<void> read_segments() {
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > max_segments)
      return damaged("its program header table is not that of a shared library");
    auto table = read_many<Elf64_Phdr>(source, header.e_phoff, header.e_phnum);
    if (!table) return truncated("program header table");
    segments = std::move(*table);
    for (const Elf64_Phdr& segment : segments)
      if (segment.p_type != PT_NULL && segment.p_filesz != 0 &&
          !source.holds(segment.p_offset, segment.p_filesz))
        return truncated(segment.p_type == PT_LOAD ? "code or data" : "program header contents");
    return {};
  }

  // A file that was cut short has lost its section table first: linkers write it last. It may be absent
  // (stripped).
  Result<void> read_sections() {
    if (header.e_shoff == 0 || header.e_shnum == 0) return {};
    if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > max_sections)
      return damaged("its section table is not that of a shared library");
    auto table = read_many<Elf64_Shdr>(source, header.e_shoff, header.e_shnum);
    if (!table) return truncated("section table");
    sections = std::move(*table);
    for (const Elf64_Shdr& section : sections)
      if (section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS &&
          !source.holds(section.sh_offset, section.sh_size))
        return truncated("section contents");
    return {};
  }

  Result<void> read_notes() {
    for (const Elf64_Phdr& segment : segments) {
      if (segment.p_type != PT_NOTE) continue;
      if (segment.p_filesz > max_note_bytes) return damaged("its notes are larger than 1 MiB");
      auto bytes = read_many<char>(source, segment.p_offset, segment.p_filesz);
      if (!bytes) return truncated("note");
      if (auto read = walk_notes(*bytes); !read) return read;
    }
    return {};
  }

  // Linkers put notes of alignment 4 and 8 into one segment, so its alignment tells nothing. Contents are
  // padded to 4; what more there is between two notes is zeros, and no note has a name of no length.
  Result<void> walk_notes(const std::vector<char>& bytes) {
    const auto padded = [](std::uint64_t n) { return (n + 3) / 4 * 4; };
    std::uint64_t at = 0;
    while (bytes.size() - at >= sizeof(Elf64_Nhdr)) {
      Elf64_Nhdr note{};
      std::memcpy(&note, bytes.data() + at, sizeof note);
      if (note.n_namesz == 0) {
        at += 4;
        continue;
      }
      const std::uint64_t name_at = at + sizeof note;
      const std::uint64_t desc_at =
          name_at + padded(note.n_namesz);  // 32-bit lengths: sums of three fit in 64 bits
      const std::uint64_t end = desc_at + note.n_descsz;
      if (end > bytes.size()) return damaged("one of its notes is longer than the segment that holds it");
      if (note.n_type == note_type && note.n_namesz == note_name.size() &&
          std::memcmp(bytes.data() + name_at, note_name.data(), note_name.size()) == 0)
        facts.notes.emplace_back(bytes.data() + desc_at, note.n_descsz);
      at = std::min<std::uint64_t>(padded(end), bytes.size());
    }
    return {};
  }

  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments)
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);  // in range: p_offset + p_filesz was checked
    return std::nullopt;
  }

  std::optional<std::string> name_at(std::uint64_t offset) const {
    std::array<char, max_name> buffer{};
    if (offset >= source.size()) return std::nullopt;
    const auto count = std::min<std::uint64_t>(buffer.size(), source.size() - offset);
    if (!source.read(offset, std::as_writable_bytes(std::span(buffer).first(count)))) return std::nullopt;
    const void* end = std::memchr(buffer.data(), 0, count);
    if (end == nullptr) return std::nullopt;
    return std::string(buffer.data());
  }

  Result<void> read_dynamic() {
    const auto at = std::ranges::find(segments, static_cast<Elf64_Word>(PT_DYNAMIC), &Elf64_Phdr::p_type);
    if (at == segments.end())
      return refuse("PLUGIN_NOT_LIBRARY", file, "has no dynamic section, which a shared library needs",
                    "link it as a shared library, as bowline_add_plugin() does");
    if (at->p_filesz > max_dynamic_bytes) return damaged("its dynamic section is larger than 1 MiB");
    auto entries = read_many<Elf64_Dyn>(source, at->p_offset, at->p_filesz / sizeof(Elf64_Dyn));
    if (!entries) return truncated("dynamic section");
    std::vector<std::uint64_t> needed;
    std::optional<std::uint64_t> strings;
    for (const Elf64_Dyn& entry : *entries) {
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) needed.push_back(entry.d_un.d_val);
      if (entry.d_tag == DT_STRTAB) strings = offset_of(entry.d_un.d_ptr);
      if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE) != 0)
        return refuse("PLUGIN_NOT_LIBRARY", file, "is an executable, and a shared library is needed",
                      "link it as a shared library, as bowline_add_plugin() does");
    }
    for (const std::uint64_t name : needed) {
      if (!strings || name > source.size())
        return damaged("the names of the libraries it needs cannot be read");
      auto text = name_at(*strings + name);
      if (!text) return damaged("the names of the libraries it needs cannot be read");
      facts.needed.push_back(std::move(*text));
    }
    return {};
  }

  void read_entries() {
    const auto at = std::ranges::find(sections, static_cast<Elf64_Word>(SHT_DYNSYM), &Elf64_Shdr::sh_type);
    if (at == sections.end() || at->sh_link >= sections.size() || at->sh_size > max_symbol_bytes) return;
    auto symbols = read_many<Elf64_Sym>(source, at->sh_offset, at->sh_size / sizeof(Elf64_Sym));
    const Elf64_Shdr& names = sections[at->sh_link];
    if (!symbols || names.sh_type != SHT_STRTAB || names.sh_size > max_symbol_bytes) return;
    const auto text = read_many<char>(source, names.sh_offset, names.sh_size);
    if (!text) return;
    facts.entries_known = true;
    constexpr std::string_view prefix = "bowline_module_v";
    for (const Elf64_Sym& symbol : *symbols) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= text->size()) continue;
      const std::size_t left = std::min(text->size() - symbol.st_name, max_name);
      const std::string_view name(text->data() + symbol.st_name,
                                  ::strnlen(text->data() + symbol.st_name, left));
      if (name.starts_with(prefix) && facts.entries.size() < 16) facts.entries.emplace_back(name);
    }
    std::ranges::sort(facts.entries);
  }
};

}  // namespace

bool ByteSource::read(std::uint64_t offset, std::span<std::byte> out) const noexcept {
  if (!holds(offset, out.size())) return false;
  if (fd_ < 0) {
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return true;
  }
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

Result<ElfFacts> read_elf(const ByteSource& source, std::string_view file) {
  Parser parser{source, file};
  for (const auto step : {&Parser::read_identity, &Parser::read_segments, &Parser::read_sections,
                          &Parser::read_notes, &Parser::read_dynamic})
    if (auto read = (parser.*step)(); !read) return std::move(read).error();
  parser.read_entries();
  return std::move(parser.facts);
}

}  // namespace bowline::loader
