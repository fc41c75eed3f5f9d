// Secrets: where they are found, those that the host itself needs, and that a file of one is read without leaving copies behind.
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

TEST_CASE("a folder is not a secret") {
  RunFile run;
  run.env["BOWLINE_SECRETS"] = run.folder().string();
  std::filesystem::create_directory(run.folder() / "token");
  const auto found = find_secret("secret://token", run.environment());
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == "SECRET_MISSING");
}

TEST_CASE("a secret stays a reference, and must be there") {
  RunFile run;
  run.schema = R"({"type":"object","additionalProperties":false,"properties":{"key":{"type":"string"}}})";
  const Loaded without = run.load_params("{key: \"secret://api-key\"}");
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].path == "instances[0].params.key");
  run.env["BOWLINE_SECRET_API_KEY"] = "hunter2";
  const Loaded with = run.load_params("{key: \"secret://api-key\"}");
  INFO(all_text(with));
  REQUIRE(with.problems.empty());
  CHECK(with.config.instances.at(0).params_json == R"({"key":"secret://api-key"})");
}

TEST_CASE("a secret's file goes before the environment, without its line feed; names cannot leave the folder") {
  RunFile run;
  run.env["BOWLINE_SECRETS"] = run.folder().string();
  run.env["BOWLINE_SECRET_TOKEN"] = "from the environment";
  std::ofstream(run.folder() / "token") << "from the file\n";
  const auto found = find_secret("secret://token", run.environment());
  REQUIRE(found.ok());
  CHECK(found->reveal() == "from the file");
  for (const char* name : {"secret://../token", "secret:///etc/passwd", "secret://", "secret://a b"}) {
    INFO(name);
    const auto refused = find_secret(name, run.environment());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == "SECRET_NAME");
  }
}
