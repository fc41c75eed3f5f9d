// listen.tokens and what a token has to be like (trading rules 6).
#include <catch2/catch.hpp>

#include "config/access_token.hpp"
#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

namespace {

struct TokenFile : RunFile {
  TokenFile() {
    for (const char* scope : {"READ", "TRADE", "EMERGENCY"}) env[std::string("BOWLINE_SECRET_") + scope] = scope + std::string(64, 'x');
  }
  Loaded with(const std::string& listen, const std::string& more = "") { return load("listen: {" + listen + "}\n" + more + base + no_instances); }
};
const std::string three = "tokens: {read: secret://read, trade: secret://trade, emergency: secret://emergency}";

}  // namespace

TEST_CASE("rule 6: three references are three tokens, and nothing of them is kept but the references") {
  TokenFile run;
  const Loaded l = run.with(three);
  INFO(all_text(l));
  CHECK(l.problems.empty());
  CHECK(l.config.listen.tokens.there());
  CHECK(l.config.listen.tokens.trade == "secret://trade");
  CHECK_FALSE(run.load(base + no_instances).config.listen.tokens.there());
}

TEST_CASE("rule 6: tokens are all there or none, by reference, long enough, plain, and no two alike; none is ever told") {
  struct One {
    const char *tokens, *path, *code;
  };
  for (const One& one : {One{"{read: secret://read, trade: secret://trade}", "listen.tokens.emergency", "CONFIG_KEY_MISSING"},
                         One{"{}", "listen.tokens.read", "CONFIG_KEY_MISSING"},
                         One{"{read: canarycanarycanarycanarycanarycanary, trade: secret://trade, emergency: secret://emergency}", "listen.tokens.read", "CONFIG_VALUE"},
                         One{"{read: secret://none, trade: secret://trade, emergency: secret://emergency}", "listen.tokens.read", "CONFIG_SECRET"},
                         One{"{read: secret://short, trade: secret://trade, emergency: secret://emergency}", "listen.tokens.read", "CONFIG_TOKEN_SHORT"},
                         One{"{read: secret://spaced, trade: secret://trade, emergency: secret://emergency}", "listen.tokens.read", "CONFIG_TOKEN_FORM"},
                         One{"{read: secret://huge, trade: secret://trade, emergency: secret://emergency}", "listen.tokens.read", "CONFIG_TOKEN_FORM"},
                         One{"{read: secret://read, trade: secret://again, emergency: secret://emergency}", "listen.tokens.trade", "CONFIG_TOKEN_SHARED"},
                         One{"{read: secret://read, trade: secret://read, emergency: secret://emergency}", "listen.tokens.trade", "CONFIG_TOKEN_SHARED"}}) {
    TokenFile run;
    run.env["BOWLINE_SECRET_SHORT"] = "canary" + std::string(25, 'c');
    run.env["BOWLINE_SECRET_SPACED"] = "canary " + std::string(40, 'c');
    run.env["BOWLINE_SECRET_HUGE"] = "canary" + std::string(600, 'c');
    run.env["BOWLINE_SECRET_AGAIN"] = run.env["BOWLINE_SECRET_READ"];
    const Loaded l = run.with(std::string("tokens: ") + one.tokens);
    INFO(one.tokens << "\n" << all_text(l));
    REQUIRE(about(l, one.path) != nullptr);
    CHECK(about(l, one.path)->code == one.code);
    CHECK(all_text(l).find("canary") == std::string::npos);
    CHECK_FALSE(l.config.listen.tokens.there());
  }
}

TEST_CASE("tokens that others can read on the way are a note; over TLS, or on this machine, they are none") {
  TokenFile run;
  run.env["BOWLINE_SECRET_KEY"] = "key";
  std::ofstream(run.folder() / "host.pem") << "x";
  const Loaded open = run.with("host: 0.0.0.0, " + three);
  CHECK(open.problems.empty());
  REQUIRE(open.notes.size() == 1);
  CHECK(open.notes[0].find("listen.tokens without listen.tls on 0.0.0.0") != std::string::npos);
  CHECK(run.with("host: 0.0.0.0, tls: {certificate: host.pem, key: secret://key}, " + three).notes.empty());
  CHECK(run.with(three).notes.empty());
  CHECK(run.with("host: 0.0.0.0").notes.empty());
}

TEST_CASE("a token has 32 to 512 of the characters that an Authorization header takes") {
  CHECK(token_fits(std::string(32, 'a')).ok());
  CHECK(token_fits(std::string(512, 'Z')).ok());
  CHECK(token_fits("abcXYZ019-._~+/abcXYZ019-._~+/==").ok());
  CHECK(token_fits("").error().code == "CONFIG_TOKEN_SHORT");
  CHECK(token_fits(std::string(31, 'a')).error().code == "CONFIG_TOKEN_SHORT");
  CHECK(token_fits(std::string(513, 'a')).error().code == "CONFIG_TOKEN_FORM");
  for (const char c : {' ', '\n', '\t', '"', ',', '\0', '\x7f', '\xc3'}) CHECK(token_fits(std::string(32, 'a') + c).error().code == "CONFIG_TOKEN_FORM");
}

TEST_CASE("services in several processes take no tokens yet, and say so") {
  TokenFile run;
  const Loaded l = run.with(three, "services: [trade-execution]\npeers: {signal-generator: 'http://127.0.0.1:1', signal-bridge: 'http://127.0.0.1:2'}\n");
  INFO(all_text(l));
  REQUIRE(about(l, "listen.tokens") != nullptr);
  CHECK(about(l, "listen.tokens")->code == "CONFIG_ACCESS_PARTED");
}

TEST_CASE("listen.tls names a file and a key's secret: both are there, and the key never stands in the file") {
  TokenFile run;
  run.env["BOWLINE_SECRET_KEY"] = "canary";
  std::ofstream(run.folder() / "host.pem") << "x";
  const Loaded good = run.with("tls: {certificate: host.pem, key: secret://key}");
  INFO(all_text(good));
  CHECK(good.problems.empty());
  CHECK(good.config.listen.tls.there());
  CHECK(good.config.listen.tls.certificate == run.folder() / "host.pem");
  struct One {
    const char *tls, *path, *code;
  };
  for (const One& one : {One{"{key: secret://key}", "listen.tls.certificate", "CONFIG_KEY_MISSING"}, One{"{certificate: host.pem}", "listen.tls.key", "CONFIG_KEY_MISSING"},
                         One{"{certificate: none.pem, key: secret://key}", "listen.tls.certificate", "CONFIG_VALUE"},
                         One{"{certificate: host.pem, key: canary}", "listen.tls.key", "CONFIG_VALUE"},
                         One{"{certificate: host.pem, key: secret://none}", "listen.tls.key", "CONFIG_SECRET"},
                         One{"{certificate: host.pem, key: secret://key, ciphers: all}", "listen.tls.ciphers", "CONFIG_KEY_UNKNOWN"}}) {
    const Loaded l = run.with(std::string("tls: ") + one.tls);
    INFO(one.tls << "\n" << all_text(l));
    REQUIRE(about(l, one.path) != nullptr);
    CHECK(about(l, one.path)->code == one.code);
    CHECK(all_text(l).find("canary") == std::string::npos);
  }
}

TEST_CASE("rule 3.7: who reads a file for its venue alone is not kept from it by a token that is not there") {
  RunFile run;
  run.only_kind = "broker";
  const Loaded l = run.load("listen: {" + three + ", tls: {certificate: none.pem, key: secret://key}}\n" + base + no_instances);
  INFO(all_text(l));
  CHECK(l.problems.empty());
  CHECK(l.config.listen.tokens.emergency == "secret://emergency");
}

TEST_CASE("where no port is opened the secrets need not be there") {
  RunFile run;
  CHECK(run.load("listen: {enabled: off, " + three + "}\n" + base + no_instances).problems.empty());
}
