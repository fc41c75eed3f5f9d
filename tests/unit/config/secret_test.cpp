// Secrets that the host itself needs, and that a file of one is read without leaving copies behind.
#include "config/secret.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

TEST_CASE("the key that signs receipts is named, must be there, and stays a reference") {
  RunFile run;
  const std::string named = "execution: {receipt: {key: \"secret://receipt\"}}\n" + base + no_instances;
  const Loaded without = run.load(named);
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].code == "CONFIG_SECRET");
  CHECK(without.problems[0].path == "execution.receipt.key");
  run.env["BOWLINE_SECRET_RECEIPT"] = "hunter2";
  const Loaded with = run.load(named);
  INFO(all_text(with));
  REQUIRE(with.problems.empty());
  CHECK(with.config.execution.receipt.key == "secret://receipt");
  CHECK(run.load(base + no_instances).config.execution.receipt.key.empty());
}

TEST_CASE("a process without trade-execution signs nothing and needs no key") {
  RunFile run;
  const Loaded l = run.load("services: [signal-bridge]\npeers: {signal-generator: 'http://a:1', signal-bridge: 'http://a:2', trade-execution: 'http://a:3'}\n"
                            "execution: {receipt: {key: \"secret://receipt\"}}\n" + base + no_instances);
  INFO(all_text(l));
  CHECK(l.problems.empty());
}

TEST_CASE("a key that stands in the configuration is refused, and not repeated") {
  RunFile run;
  run.env["KEY"] = "MC4CAQAwBQYDK2VwBCIE";
  for (const char* text : {"MC4CAQAwBQYDK2VwBCIE", "\"${KEY}\"", "receipt"}) {
    const Loaded l = run.load("execution: {receipt: {key: " + std::string(text) + "}}\n" + base + no_instances);
    INFO(text);
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].path == "execution.receipt.key");
    CHECK(l.problems[0].code == "CONFIG_VALUE");
    CHECK(l.problems[0].text().find("MC4C") == std::string::npos);
    CHECK(l.config.execution.receipt.key.empty());
  }
}

TEST_CASE("a secret's file is read whole, line feeds within it too; what is no file is none, and nobody waits for it") {
  RunFile run;
  run.env["BOWLINE_SECRETS"] = run.folder().string();
  const std::string text = "one\ntwo\r\nthree";
  std::ofstream(run.folder() / "lines") << text << "\r\n\n";
  CHECK(find_secret("lines", run.environment())->reveal() == text);
  std::ofstream(run.folder() / "empty");
  CHECK(find_secret("empty", run.environment())->reveal().empty());
  REQUIRE(::mkfifo((run.folder() / "pipe").c_str(), 0600) == 0);
  CHECK(find_secret("pipe", run.environment()).error().code == "SECRET_MISSING");
  std::filesystem::create_symlink(run.folder() / "lines", run.folder() / "link");  // as Kubernetes mounts them
  CHECK(find_secret("link", run.environment())->reveal() == text);
}
