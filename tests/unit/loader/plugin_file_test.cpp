#include "loader/plugin_file.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "loader/inspect.hpp"
#include "loader/sha256.hpp"
#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

struct Setup {
  TempDir dir;
  TrustPolicy policy{dir / "var", {}, false};
  fs::path staged(const std::string& fixture) { return stage(fixture, dir / "plugins"); }
  std::string code_of(const fs::path& file) {
    const auto loaded = load_plugin_file(file, policy);
    return loaded ? "" : loaded.error().code;
  }
};

std::string hash_of(const fs::path& file) {
  const std::string bytes = read_file(file);
  return sha256_hex(std::as_bytes(std::span(bytes)));
}

std::uint32_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("a sound file becomes a module, mapped from a private copy of the verified bytes") {
  Setup s;
  const fs::path file = s.staged("puppet");
  const auto module = load_plugin_file(file, s.policy);
  REQUIRE(module);
  const Module& m = **module;
  CHECK(m.sha256() == hash_of(file));
  CHECK(m.copy() == s.policy.var / "plugins" / m.sha256() / "puppet.so");
  CHECK(mode_of(m.copy()) == 0500);
  CHECK(mode_of(m.copy().parent_path()) == 0700);
  CHECK(m.build() == "puppet");
  REQUIRE(m.plugin("test.puppet"));
  CHECK(m.plugin("test.puppet").value()->kind == BL_SIGNAL);
  CHECK_THAT(std::string(*m.schema("test.puppet")), Catch::Contains("additionalProperties"));
  CHECK(m.plugin("test.nobody").error().code == "PLUGIN_ID_UNKNOWN");
  Dl_info info{};
  REQUIRE(::dladdr(&m.module(), &info) != 0);
  CHECK(fs::path(info.dli_fname) ==
        m.copy());  // not the file that was asked for: that one may be replaced under us
}

TEST_CASE("two plugins loaded one after the other are two modules; the same file twice is one") {
  Setup s;
  const auto a = load_plugin_file(s.staged("good_a"), s.policy);
  const auto b = load_plugin_file(s.staged("good_b"), s.policy);
  const auto a_again = load_plugin_file(s.staged("good_a"), s.policy);
  REQUIRE(a);
  REQUIRE(b);
  REQUIRE(a_again);
  CHECK(&(*a)->module() != &(*b)->module());
  CHECK((*a)->plugin("test.a").ok());
  CHECK((*b)->plugin("test.b").ok());
  CHECK(&(*a)->module() == &(*a_again)->module());
}

TEST_CASE(
    "other bytes under the same name are another module: a plugin can be replaced while the host runs") {
  Setup s;
  const auto before = load_plugin_file(stage("good_a", s.dir / "plugins", "libx.so"), s.policy);
  const auto after = load_plugin_file(stage("good_b", s.dir / "plugins", "libx.so"), s.policy);
  REQUIRE(before);
  REQUIRE(after);
  CHECK((*before)->plugin("test.a").ok());
  CHECK((*after)->plugin("test.b").ok());
}

TEST_CASE("a module stays mapped after the last handle is gone") {
  Setup s;
  const bl_module* kept = nullptr;
  {
    const auto module = load_plugin_file(s.staged("good_a"), s.policy);
    REQUIRE(module);
    kept = &(*module)->module();
  }
  CHECK(kept->n_plugins == 1);  // would fault if it had been unloaded
}

TEST_CASE("a copy that is there and whole is used as it is") {
  Setup s;
  const fs::path file = s.staged("puppet");
  const auto first = load_plugin_file(file, s.policy);
  REQUIRE(first);
  const fs::path copy = (*first)->copy();
  struct stat before {
  }, after{};
  REQUIRE(::stat(copy.c_str(), &before) == 0);
  REQUIRE(load_plugin_file(file, s.policy));
  REQUIRE(::stat(copy.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
}

TEST_CASE("a damaged copy is replaced") {
  Setup s;
  const fs::path file = s.staged("good_a");
  const fs::path copy = s.policy.var / "plugins" / hash_of(file) / "good_a.so";
  SECTION("cut short") { write_file(copy, read_file(file).substr(0, 100), fs::perms(0500)); }
  SECTION("one bit off") {
    std::string bytes = read_file(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(copy, bytes, fs::perms(0500));
  }
  SECTION("a link to somewhere else") {
    fs::create_directories(copy.parent_path());
    fs::create_symlink(file, copy);
  }
  REQUIRE(load_plugin_file(file, s.policy));
  CHECK(hash_of(copy) == hash_of(file));
  CHECK(mode_of(copy) == 0500);
}

TEST_CASE("what is mapped must be the very file that was verified") {
  Setup s;
  const fs::path file = s.staged("good_a");
  const auto first = load_plugin_file(file, s.policy);
  REQUIRE(first);
  // The copy is taken away and made anew: another inode. The dynamic loader, asked for the name, gives what
  // it has.
  fs::remove((*first)->copy());
  const auto again = load_plugin_file(file, s.policy);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "PLUGIN_FILE_CHANGED");
}

TEST_CASE("a copy that others may write to is not trusted") {
  Setup s;
  const fs::path file = s.staged("good_b");
  const fs::path copy = s.policy.var / "plugins" / hash_of(file) / "good_b.so";
  write_file(copy, read_file(file), fs::perms(0777));
  REQUIRE(load_plugin_file(file, s.policy));
  CHECK(mode_of(copy) == 0500);
  CHECK(mode_of(copy.parent_path()) == 0700);
}

TEST_CASE("a file that somebody else could change is refused before it is read") {
  Setup s;
  const fs::path file = s.staged("puppet");
  for (const unsigned mode : {0666u, 0664u, 0646u, 0775u}) {
    fs::permissions(file, fs::perms(mode));
    CHECK(s.code_of(file) == "PLUGIN_PERMISSIONS");
  }
  fs::permissions(file, fs::perms(0644));
  CHECK(s.code_of(file).empty());
  if (::geteuid() == 0) {
    REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
    CHECK(s.code_of(file) == "PLUGIN_OWNER");
  }
}

TEST_CASE("what is not there or not a file is said so") {
  Setup s;
  CHECK(s.code_of(s.dir / "none.so") == "PLUGIN_MISSING");
  CHECK(s.code_of(s.dir.path()) == "PLUGIN_NOT_FILE");
  REQUIRE(::mkfifo((s.dir / "pipe.so").c_str(), 0600) == 0);
  CHECK(s.code_of(s.dir / "pipe.so") == "PLUGIN_NOT_FILE");
  CHECK(inspect(s.dir / "none.so").error().code == "PLUGIN_MISSING");
}

TEST_CASE("a pin must match, and mode live demands one") {
  Setup s;
  const fs::path file = s.staged("puppet");
  s.policy.pins["puppet.so"] = std::string(64, 'a');
  const auto wrong = load_plugin_file(file, s.policy);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == "PLUGIN_PIN_MISMATCH");
  CHECK_THAT(wrong.error().message, Catch::Contains(hash_of(file)));
  s.policy.pins["puppet.so"] = hash_of(file);
  CHECK(s.code_of(file).empty());
  std::ranges::transform(s.policy.pins["puppet.so"], s.policy.pins["puppet.so"].begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  CHECK(s.code_of(file).empty());
  s.policy.pins.clear();
  s.policy.pins_required = true;
  CHECK(s.code_of(file) == "PLUGIN_PIN_MISSING");
}

TEST_CASE("a live pin covers the libraries that the note lists") {
  Setup s;
  const fs::path file = s.staged("lists_zlib");
  CHECK(s.code_of(file).empty());
  s.policy.pins_required = true;
  s.policy.pins["lists_zlib.so"] = hash_of(file);
  CHECK(s.code_of(file) == "PLUGIN_PIN_MISSING");
  s.policy.pins["libz.so.1"] = std::string(64, '0');
  CHECK(s.code_of(file) == "PLUGIN_PIN_MISMATCH");
}

TEST_CASE("each wrong file has its own refusal") {
  const std::map<std::string, std::string> expected{{"no_note", "PLUGIN_NO_NOTE"},
                                                    {"major_2", "PLUGIN_ABI_MAJOR"},
                                                    {"minor_99", "PLUGIN_HOST_TOO_OLD"},
                                                    {"entry_v2", "PLUGIN_NO_ENTRY"},
                                                    {"no_entry", "PLUGIN_NO_ENTRY"},
                                                    {"undefined_symbol", "PLUGIN_LOAD_FAILED"},
                                                    {"links_zlib", "PLUGIN_NEEDS_LIBRARY"},
                                                    {"module_null", "PLUGIN_SLOT_MISSING"},
                                                    {"module_small", "PLUGIN_TABLE_SIZE"},
                                                    {"module_huge", "PLUGIN_TABLE_SIZE"},
                                                    {"module_minor_99", "PLUGIN_HOST_TOO_OLD"},
                                                    {"plugin_small", "PLUGIN_TABLE_SIZE"},
                                                    {"base_huge", "PLUGIN_TABLE_SIZE"},
                                                    {"count_huge", "PLUGIN_NOTE_MISMATCH"},
                                                    {"null_slot", "PLUGIN_SLOT_MISSING"},
                                                    {"null_create", "PLUGIN_SLOT_MISSING"},
                                                    {"foreign_slot", "PLUGIN_POINTER_FOREIGN"},
                                                    {"feed_foreign", "PLUGIN_POINTER_FOREIGN"},
                                                    {"module_twice_one_id", "PLUGIN_DUPLICATE_ID"},
                                                    {"other_id", "PLUGIN_NOTE_MISMATCH"},
                                                    {"other_kind", "PLUGIN_NOTE_MISMATCH"},
                                                    {"other_version", "PLUGIN_NOTE_MISMATCH"},
                                                    {"schema_open", "PLUGIN_SCHEMA_OPEN"},
                                                    {"schema_not_json", "PLUGIN_SCHEMA_INVALID"}};
  Setup s;
  for (const auto& [fixture, code] : expected) {
    INFO(fixture);
    const auto loaded = load_plugin_file(s.staged(fixture), s.policy);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == code);
    const std::string& said = loaded.error().message;  // plugin <file>: <fact>: <what to do>
    INFO(said);
    CHECK(said.find('\n') == std::string::npos);
    const auto todo = said.rfind(": ");
    CHECK(todo > fixture.size() + 20);
    CHECK(said.size() - todo > 8);
    CHECK_THAT(loaded.error().message, Catch::StartsWith("plugin " + fixture + ".so: "));
  }
}

TEST_CASE("a missing slot is named, and so is the entry that a file has instead") {
  Setup s;
  CHECK_THAT(load_plugin_file(s.staged("null_slot"), s.policy).error().message,
             Catch::Contains("bl_signal_v1.on_event of test.puppet is NULL"));
  CHECK_THAT(load_plugin_file(s.staged("entry_v2"), s.policy).error().message,
             Catch::Contains("exports bowline_module_v2 only"));
  CHECK_THAT(load_plugin_file(s.staged("undefined_symbol"), s.policy).error().message,
             Catch::Contains("bowline_test_defined_nowhere"));
}

TEST_CASE("nothing of a refused file has been executed when its note or its entry is wrong") {
  Setup s;
  (void)s.code_of(s.staged("major_2"));
  (void)s.code_of(s.staged("entry_v2"));
  (void)s.code_of(s.staged("links_zlib"));
  CHECK_FALSE(fs::exists(s.policy.var / "plugins"));  // not even copied, so the dynamic loader never saw it
}

TEST_CASE("a state folder that cannot be written to is said so") {
  Setup s;
  write_file(s.dir / "var", "a file where a folder should be");
  const auto loaded = load_plugin_file(s.staged("puppet"), s.policy);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == "PLUGIN_COPY_FAILED");
}

TEST_CASE("inspect describes a file without running it, schema loads it") {
  Setup s;
  const fs::path file = s.staged("two_plugins");
  const auto described = inspect(file);
  REQUIRE(described);
  CHECK_THAT(described->text, Catch::Contains("test.one 1.0.0 (signal)") && Catch::Contains(hash_of(file)));
  CHECK_THAT(described->json,
             Catch::Contains("\"venue_class\": \"simulated\"") && Catch::Contains("\"bowline_module_v1\""));
  CHECK(inspect(s.staged("create_hangs")).ok());
  const auto schema = module_schema(file, "test.two", s.policy);
  REQUIRE(schema);
  CHECK_THAT(*schema, Catch::Contains("\"additionalProperties\": false"));
  CHECK(module_schema(file, "test.three", s.policy).error().code == "PLUGIN_ID_UNKNOWN");
}

TEST_CASE("SHA-256 is SHA-256") {
  const auto of = [](std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); };
  CHECK(of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("processes that share a state folder and start together all load the one copy") {
  Setup s;
  const fs::path file = s.staged("puppet");
  std::vector<std::thread> starters;
  std::vector<Ended> ended(8);
  for (Ended& e : ended)
    starters.emplace_back([&] {
      e = run({LOADER_CHILD, file.string(), "test.puppet", s.policy.var.string(), "{}", "60000"});
    });
  for (std::thread& starter : starters) starter.join();
  for (const Ended& e : ended) {
    INFO(e.said);
    CHECK(e.code == 0);
  }
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(s.policy.var / "plugins"))
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == 1);  // no scraps of copies that came second
}
