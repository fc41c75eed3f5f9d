#include "loader/note.hpp"

#include <elf.h>
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "loader/file_bytes.hpp"
#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

std::span<const std::byte> bytes(const std::string& s) { return std::as_bytes(std::span(s)); }
std::string fixture(const std::string& name) { return read_file(fs::path(LOADER_FIXTURES) / (name + ".so")); }

std::string code_of(const std::string& image) {
  const auto header = read_header(bytes(image), "dir/libx.so");
  return header ? "" : header.error().code;
}

std::string note_code(std::string_view json) {
  const auto manifest = parse_manifest(json, "libx.so");
  return manifest ? "" : manifest.error().code;
}

template <class T>
std::string with(std::string image, std::size_t at, T value) {
  std::memcpy(image.data() + at, &value, sizeof value);
  return image;
}

}  // namespace

TEST_CASE("a note is read without running the file, from memory and from a descriptor alike") {
  const std::string image = fixture("two_plugins");
  const auto header = read_header(bytes(image), "two.so");
  REQUIRE(header);
  CHECK(header->manifest.abi == 1);
  CHECK(header->manifest.min_host_minor == 0);
  CHECK(header->manifest.venue_class == VenueClass::Simulated);
  REQUIRE(header->manifest.plugins.size() == 2);
  CHECK(header->manifest.find("test.two")->kind == Kind::Signal);
  CHECK(header->manifest.find("test.two")->version == "1.0.0");
  CHECK(header->manifest.find("test.three") == nullptr);
  CHECK(header->entries_known);
  CHECK(header->entries == std::vector<std::string>{"bowline_module_v1"});
  CHECK(std::ranges::find(header->needed, "libc.so.6") != header->needed.end());

  const UniqueFd fd(::open((fs::path(LOADER_FIXTURES) / "two_plugins.so").c_str(), O_RDONLY));
  const auto again = read_header(fd.get(), "two.so");
  REQUIRE(again);
  CHECK(again->needed == header->needed);
  CHECK(again->manifest.plugins.size() == 2);
}

TEST_CASE("a venue class that is not said counts as real") {
  CHECK(read_header(bytes(fixture("puppet")), "x")->manifest.venue_class == VenueClass::Real);
  constexpr auto text =
      R"({"abi":1,"min_host_minor":0,"venue_class":"Simulated","plugins":[{"id":"a","kind":"broker","version":"1"}]})";
  CHECK(parse_manifest(text, "x")->venue_class == VenueClass::Real);
}

TEST_CASE("a file cut short at any multiple of 64 bytes is refused as truncated") {
  const std::string whole = fixture("puppet");
  REQUIRE(code_of(whole).empty());
  for (std::size_t cut = 0; cut < whole.size(); cut += 64) {
    INFO("cut at " << cut << " of " << whole.size());
    CHECK(code_of(whole.substr(0, cut)) == "PLUGIN_TRUNCATED");
  }
}

TEST_CASE("files that are not libraries for this machine are refused by what they are") {
  const std::string whole = fixture("puppet");
  CHECK(code_of("#!/bin/sh\necho no plugin here, but longer than an ELF header has to be, by far\n") ==
        "PLUGIN_NOT_ELF");
  CHECK(code_of("short") == "PLUGIN_NOT_ELF");
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_machine), EM_386)) ==
        "PLUGIN_WRONG_MACHINE");
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_machine), 0x1234)) ==
        "PLUGIN_WRONG_MACHINE");
  CHECK(code_of(with<unsigned char>(whole, EI_CLASS, ELFCLASS32)) == "PLUGIN_WRONG_MACHINE");
  CHECK(code_of(with<unsigned char>(whole, EI_DATA, ELFDATA2MSB)) == "PLUGIN_WRONG_MACHINE");
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_type), ET_EXEC)) == "PLUGIN_NOT_LIBRARY");
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_type), ET_CORE)) == "PLUGIN_NOT_LIBRARY");
  CHECK(code_of(read_file(LOADER_CHILD)) ==
        "PLUGIN_NOT_LIBRARY");  // a position independent executable is ET_DYN too
}

TEST_CASE("a wrong machine is named, together with this host's") {
  const auto refused =
      read_header(bytes(with<std::uint16_t>(fixture("puppet"), offsetof(Elf64_Ehdr, e_machine), EM_RISCV)),
                  "dir/libx.so");
  CHECK_THAT(refused.error().message,
             Catch::StartsWith("plugin libx.so: was built for RISC-V, this host runs on "));
}

TEST_CASE("hostile offsets and counts in the headers are refused, not followed") {
  const std::string whole = fixture("puppet");
  for (const std::uint64_t far : {std::uint64_t{0xffffffffffffffff}, std::uint64_t{0xfffffffffffffff0},
                                  std::uint64_t{0x7fffffffffffffff}}) {
    CHECK(code_of(with(whole, offsetof(Elf64_Ehdr, e_phoff), far)) == "PLUGIN_TRUNCATED");
    CHECK(code_of(with(whole, offsetof(Elf64_Ehdr, e_shoff), far)) == "PLUGIN_TRUNCATED");
  }
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_phnum), 0xffff)) == "PLUGIN_NOTE_INVALID");
  CHECK(code_of(with<std::uint16_t>(whole, offsetof(Elf64_Ehdr, e_phentsize), 1)) == "PLUGIN_NOTE_INVALID");
}

TEST_CASE("the note decides before any code runs") {
  CHECK(code_of(fixture("no_note")) == "PLUGIN_NO_NOTE");
  CHECK(code_of(fixture("note_not_json")) == "PLUGIN_NOTE_INVALID");
  CHECK(code_of(fixture("major_2")) == "PLUGIN_ABI_MAJOR");
  CHECK(code_of(fixture("minor_99")) == "PLUGIN_HOST_TOO_OLD");
  CHECK(code_of(fixture("note_twice_one_id")) == "PLUGIN_DUPLICATE_ID");
}

TEST_CASE("the refusal of a newer minor says what is needed, what is here and what to do") {
  const auto refused = read_header(bytes(fixture("minor_99")), "plugins/libmomentum.so");
  CHECK(refused.error().message ==
        "plugin libmomentum.so: needs host ABI 1.99 or newer, this host has 1.4: update bowline, or rebuild "
        "the plugin with "
        "min_host_minor 4");
}

TEST_CASE("a note must be complete and plain") {
  constexpr auto good =
      R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"a.b","kind":"risk","version":"1.0.0-rc.1+x"}]})";
  CHECK(note_code(good).empty());
  for (
      const char* bad : {
          R"([])",
          R"({})",
          R"("text")",
          R"(nul)",
          R"({"abi":"1"})",
          R"({"abi":-1})",
          R"({"abi":1.0})",
          R"({"abi":99999999999})",
          R"({"abi":1,"min_host_minor":0})",
          R"({"abi":1,"min_host_minor":0,"plugins":[]})",
          R"({"abi":1,"min_host_minor":0,"plugins":{}})",
          R"({"abi":1,"min_host_minor":0,"plugins":[1]})",
          R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"a","kind":"oracle","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"a b","kind":"risk","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"","kind":"risk","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"a\nb","kind":"risk","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"plugins":[{"id":"a","kind":"risk"}]})",
          R"({"abi":1,"min_host_minor":0,"needed":["/etc/x.so"],"plugins":[{"id":"a","kind":"risk","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"needed":"libz","plugins":[{"id":"a","kind":"risk","version":"1"}]})",
          R"({"abi":1,"min_host_minor":0,"venue_class":7,"plugins":[{"id":"a","kind":"risk","version":"1"}]})",
      }) {
    INFO(bad);
    CHECK(note_code(bad) == "PLUGIN_NOTE_INVALID");
  }
  CHECK(note_code(std::string(200'000, '[')) == "PLUGIN_NOTE_INVALID");
  CHECK(note_code(std::string(60'000, '[')) == "PLUGIN_NOTE_INVALID");  // deep, within the size limit
}

TEST_CASE("kinds have one name each") {
  for (const Kind kind : {Kind::Feed, Kind::Signal, Kind::Risk, Kind::Broker, Kind::Rebalancer})
    CHECK(kind_from(to_string(kind)) == kind);
  CHECK_FALSE(kind_from("unknown"));
  CHECK(to_string(static_cast<Kind>(99)) == "unknown");
}
