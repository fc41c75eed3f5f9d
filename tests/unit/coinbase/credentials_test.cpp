// Every form in which a key comes, and every one that has to be refused without a word of it.
#include "coinbase/credentials.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "coinbase/key_file.hpp"
#include "keys.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::coinbase_test;

namespace {

std::string replaced(std::string s, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = s.find(from, at)) != s.npos; at += to.size()) s.replace(at, from.size(), to);
  return s;
}
/// Whether any eight characters in a row of the secret stand in the error; labels and headers of PEM are no secret.
bool tells(const Error& e, std::string_view secret) {
  std::string said = e.code + " " + e.message;
  for (const auto& [key, text] : e.details) said += key + " " + text;
  std::istringstream lines{std::string(secret)};
  for (std::string line; std::getline(lines, line);)
    for (std::size_t i = 0; i + 8 <= line.size() && line.find_first_of("-:") == line.npos; ++i)
      if (said.find(line.substr(i, 8)) != said.npos) return true;
  return false;
}
void refuses(const std::string& secret, const std::string& code) {
  INFO(code);
  const auto key = SigningKey::parse(secret);
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().code == code);
  CHECK_FALSE(tells(key.error(), secret));
  CHECK_FALSE(tells(key.error(), p256_sec1));
  CHECK(key.error().message.size() > 20);
}
void takes(const std::string& secret, Algorithm algorithm, const std::string& public_pem) {
  INFO(secret.size());
  auto key = SigningKey::parse(secret);
  if (!key) FAIL(key.error().code << ": " << key.error().message);
  CHECK(key->algorithm() == algorithm);
  CHECK(key->public_pem() == public_pem);
  CHECK(key->sign("header.claims").ok());
}

}  // namespace

TEST_CASE("a key comes in many forms, and the algorithm is that of the key, not of its label") {
  const std::string pkcs8 = pem(private_label, p256_pkcs8);
  takes(p256_pem, Algorithm::es256, p256_public_pem);
  takes(pkcs8, Algorithm::es256, p256_public_pem);
  takes(pem(private_label, ed25519_pkcs8), Algorithm::eddsa, ed25519_public_pem);
  for (const std::string_view text : {ed25519_64, ed25519_32, ed25519_pkcs8}) takes(std::string(text), Algorithm::eddsa, ed25519_public_pem);

  SECTION("with line ends as backslash-n, of other systems, and none at the end") {
    takes(replaced(p256_pem, "\n", "\\n"), Algorithm::es256, p256_public_pem);
    takes(replaced(pkcs8, "\n", "\\r\\n"), Algorithm::es256, p256_public_pem);
    takes(replaced(p256_pem, "\n", "\r\n"), Algorithm::es256, p256_public_pem);
    takes(p256_pem.substr(0, p256_pem.size() - 1), Algorithm::es256, p256_public_pem);
    takes(replaced(pem(private_label, ed25519_pkcs8), "\n", "\\n"), Algorithm::eddsa, ed25519_public_pem);
  }
  SECTION("with blanks around, indented, and with empty lines between") {
    takes("  \n\t" + replaced(p256_pem, "\n", "  \n    ") + "\n\n", Algorithm::es256, p256_public_pem);
    takes(replaced(p256_pem, "\n", "\n\n"), Algorithm::es256, p256_public_pem);
    takes(" \n" + std::string(ed25519_64) + "\r\n ", Algorithm::eddsa, ed25519_public_pem);
    takes(std::string(ed25519_64) + "\\n", Algorithm::eddsa, ed25519_public_pem);
    takes(std::string(ed25519_64.substr(0, 40)) + "\n  " + std::string(ed25519_64.substr(40)), Algorithm::eddsa, ed25519_public_pem);
  }
  SECTION("behind the parameters of its curve, as openssl ecparam writes them") {
    takes(pem("EC PARAMETERS", "BggqhkjOPQMBBw==") + p256_pem, Algorithm::es256, p256_public_pem);
  }
}

TEST_CASE("a key that the venue does not take is refused by what it is, and none of its bytes are told") {
  refuses("", "COINBASE_KEY_EMPTY");
  refuses(" \n\\n\t ", "COINBASE_KEY_EMPTY");
  refuses(std::string(17 * 1024, 'A'), "COINBASE_KEY_TOO_LONG");
  refuses(pem("RSA " + private_label, rsa_pkcs1), "COINBASE_KEY_TYPE");
  refuses(pem(private_label, x25519_pkcs8), "COINBASE_KEY_TYPE");
  refuses(pem(private_label, ed448_pkcs8), "COINBASE_KEY_TYPE");
  refuses(std::string(x25519_pkcs8), "COINBASE_KEY_TYPE");  // 48 bytes, too
  refuses(pem(ec_label, p384_sec1), "COINBASE_KEY_CURVE");
  refuses(pem(ec_label, secp256k1_sec1), "COINBASE_KEY_CURVE");
  refuses(pem("ENCRYPTED " + private_label, encrypted_pkcs8), "COINBASE_KEY_ENCRYPTED");
  refuses(encrypted_sec1_pem, "COINBASE_KEY_ENCRYPTED");
  refuses(p256_public_pem, "COINBASE_KEY_PEM");
  refuses(pem("EC PARAMETERS", "BggqhkjOPQMBBw=="), "COINBASE_KEY_PEM");

  SECTION("broken PEM") {
    refuses(replaced(p256_pem, "MHcCAQEEI", "MHcCAQEE!"), "COINBASE_KEY_PEM");
    refuses(replaced(p256_pem, "MHcC", "MHdC"), "COINBASE_KEY_PEM");
    refuses(p256_pem.substr(0, p256_pem.size() / 2), "COINBASE_KEY_PEM");
    refuses(pem(ec_label, "Z2FyYmFnZSBnYXJiYWdlIGdhcmJhZ2UgZ2FyYmFnZQ=="), "COINBASE_KEY_PEM");
    refuses("-----BEGIN", "COINBASE_KEY_PEM");
    refuses(pem(private_label, std::string(p256_pkcs8.substr(0, 120))), "COINBASE_KEY_PEM");
  }
  SECTION("broken base64, and base64 of another length") {
    refuses("not-valid-base64!!!", "COINBASE_KEY_BASE64");
    refuses(std::string(ed25519_64.substr(0, 87)), "COINBASE_KEY_BASE64");
    refuses(std::string(ed25519_64) + "=", "COINBASE_KEY_BASE64");
    refuses("=" + std::string(ed25519_64), "COINBASE_KEY_BASE64");
    refuses(std::string(ed25519_64) + "AAAA", "COINBASE_KEY_BASE64");            // behind the padding
    refuses(replaced(std::string(ed25519_32), "idg=", "idh="), "COINBASE_KEY_BASE64");  // bits that belong to no byte
    refuses(std::string(43, 'A'), "COINBASE_KEY_BASE64");
    refuses(std::string(42, 'A') + "==", "COINBASE_KEY_LENGTH");   // 31
    refuses(std::string(44, 'A'), "COINBASE_KEY_LENGTH");          // 33
    refuses(std::string(87, 'A') + "=", "COINBASE_KEY_LENGTH");    // 65
    refuses(std::string(p256_pkcs8), "COINBASE_KEY_LENGTH");
    refuses(std::string(64, 'A'), "COINBASE_KEY_BASE64");  // 48 bytes that are no key
  }
  SECTION("a public half of another key") {
    std::string other(ed25519_64);
    other[60] = other[60] == 'A' ? 'B' : 'A';
    refuses(other, "COINBASE_KEY_MISMATCH");
    const std::string ec = replaced(pem(ec_label, p256_sec1), "oUQDQgAExHMIAnSiS0rf", "oUQDQgAEbAtpLlSZYVOw");
    const auto key = SigningKey::parse(ec);  // such a point is on no curve, or on it and not this key's
    REQUIRE_FALSE(key.ok());
    CHECK((key.error().code == "COINBASE_KEY_MISMATCH" || key.error().code == "COINBASE_KEY_PEM"));
  }
}

TEST_CASE("every byte of a key's text that is changed is refused, or makes a key that signs") {
  for (const std::string& text : {p256_pem, std::string(ed25519_64)})
    for (std::size_t i = 0; i < text.size(); ++i)
      for (const char c : {'\0', 'A', '=', '\n', '\xff'}) {
        std::string changed = text;
        changed[i] = c;
        auto key = SigningKey::parse(changed);
        if (key)
          CHECK(key->sign("x").ok());
        else
          CHECK_FALSE(tells(key.error(), text));
      }
}

TEST_CASE("the portal's key file is read whole, and what else it holds is passed over") {
  const std::string key = replaced(p256_pem, "\n", "\\n");
  auto c = Credentials::from_key_file(R"({"name":"organizations/o/apiKeys/k","privateKey":")" + key + "\"}");
  REQUIRE(c.ok());
  CHECK(c->name() == "organizations/o/apiKeys/k");
  CHECK(c->key().algorithm() == Algorithm::es256);

  c = Credentials::from_key_file(" \n{ \"created\" : [1, {\"a\\\"b\": null}, true, \"}\"], \"nested\": {\"name\": 1}, \"id\"\t:\"d2efa49a\", \"privateKey\": \"" +
                                 std::string(ed25519_64) + "\" }\n");
  REQUIRE(c.ok());
  CHECK(c->name() == "d2efa49a");
  CHECK(c->key().algorithm() == Algorithm::eddsa);

  c = Credentials::from_key_file(R"({"id":"x","name":"y","privateKey":"\u004c)" + std::string(ed25519_64.substr(1)) + "\"}");
  REQUIRE(c.ok());
  CHECK(c->name() == "y");
}

TEST_CASE("a file that is no key file is refused without a byte of it") {
  const std::string key(ed25519_64);
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{}"), std::string("[]"), key, R"({"name":"n"})" + std::string(), R"({"privateKey":")" + key + "\"}",
        R"({"name":"","privateKey":")" + key + "\"}", R"({"name":1,"privateKey":")" + key + "\"}", R"({"name":"n","privateKey":["a"]})" + std::string(),
        R"({"name":"n","privateKey":")" + key + "\"} x", R"({"name":"n","privateKey":")" + key + "\",}", R"({"name":"n","privateKey":")" + key,
        R"({"name":"n","name":"m","privateKey":")" + key + "\"}", R"({"name":"n","privateKey":")" + key + R"(","privateKey":"a"})",
        R"({"name":"n" "privateKey":")" + key + "\"}", R"({"name":"n","x":},"privateKey":")" + key + "\"}",
        R"({"name":"n","privateKey":"\q)" + key + "\"}", R"({"name":"n","privateKey":"\u00)" + key + "\"}"}) {
    INFO(text.size());
    const auto file = parse_key_file(text);
    REQUIRE_FALSE(file.ok());
    CHECK(file.error().code == "COINBASE_KEY_FILE");
    CHECK_FALSE(tells(file.error(), key));
  }
  CHECK(parse_key_file(std::string(70'000, ' ')).error().code == "COINBASE_KEY_TOO_LONG");
}

TEST_CASE("name and secret apart: a name is what a name can be, and is not repeated when it is not") {
  const std::string secret(ed25519_64);
  CHECK(Credentials::from_parts(" organizations/o/apiKeys/k\n", secret)->name() == "organizations/o/apiKeys/k");
  for (const std::string& name : {std::string(), std::string("  "), std::string(257, 'a'), std::string("a b"), std::string("a\"b"), std::string("a\\b"),
                                  std::string("a\x01"), std::string("\xc3\xa4"), p256_pem}) {
    const auto c = Credentials::from_parts(name, secret);
    REQUIRE_FALSE(c.ok());
    CHECK(c.error().code == "COINBASE_KEY_NAME");
    CHECK_FALSE(tells(c.error(), p256_pem));
  }
  CHECK(Credentials::from_parts("n", "").error().code == "COINBASE_KEY_EMPTY");
}

TEST_CASE("a key file is read from where it lies") {
  const auto path = std::filesystem::temp_directory_path() / "bowline_unit_coinbase_key.json";
  std::ofstream(path) << R"({"name":"n","privateKey":")" << ed25519_64 << "\"}";
  const auto c = Credentials::read_key_file(path.string());
  std::filesystem::remove(path);
  REQUIRE(c.ok());
  CHECK(c->key().public_pem() == ed25519_public_pem);
  CHECK(Credentials::read_key_file("/nowhere/key.json").error().code == "COINBASE_KEY_FILE_UNREADABLE");
  CHECK(Credentials::read_key_file("/").error().code == "COINBASE_KEY_FILE_UNREADABLE");
}

TEST_CASE("the published test keys are read in every encoding, and are the published ones") {
  const auto v = vector_json("auth/keys.json");
  if (!v) return;
  const auto& ec = v->at("ecdsa");
  const auto& ed = v->at("ed25519");
  for (const char* form : {"pkcs8_pem", "sec1_pem", "sec1_pem_escaped"}) takes(ec.at(form), Algorithm::es256, ec.at("public_key_spki_pem"));
  for (const char* form : {"pkcs8_pem", "base64_64", "base64_32", "base64_64_with_newline", "base64_pkcs8_der_48"})
    takes(ed.at(form), Algorithm::eddsa, ed.at("public_key_spki_pem"));
  const auto first = Credentials::from_key_file(v->at("key_file_ecdsa").dump());
  REQUIRE(first.ok());
  CHECK(first->name() == v->at("key_name"));
  CHECK(first->key().public_pem() == ec.at("public_key_spki_pem"));
  const auto second = Credentials::from_key_file(v->at("key_file_ed25519").dump(2));
  REQUIRE(second.ok());
  CHECK(second->name() == v->at("key_file_ed25519").at("id"));
  CHECK(second->key().public_pem() == ed.at("public_key_spki_pem"));
}
