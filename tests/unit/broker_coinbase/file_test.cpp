// The built file through the C ABI: the note that keeps it out of mode: mock, the key by its reference, and the life of an instance.
#include <fstream>
#include <iterator>

#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

struct Made {
  FakeHost host;
  testing::Instance p{host, PLUGIN_FILE};
  Made() { host.secrets["secret://k"] = coinbase_test::p256_pem; }
};
constexpr std::string_view params = R"({"key_name":"organizations/o/apiKeys/k","private_key":"secret://k","api_url":"https://venue.example","stream":true})";

}  // namespace

TEST_CASE("rule 6: the file does not say that its venue is simulated: only a live run may take it") {
  std::ifstream in(PLUGIN_FILE, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t at = bytes.find(R"({"abi":1)");
  REQUIRE(at != std::string::npos);
  const Json note = Json::parse(bytes.substr(at, bytes.find('\0', at) - at));
  CHECK_FALSE(note.contains("venue_class"));
  CHECK(note.at("plugins").at(0).at("id") == "bowline.broker.coinbase");
}

TEST_CASE("an instance: configured with a secret, started, asked, stopped, and started again") {
  Made m;
  REQUIRE(m.p.run(params) == BL_OK);
  CHECK(m.host.requests.size() == 1);  // the venue's time
  CHECK(m.host.sockets.size() == 1);
  const auto& table = m.p.table<bl_broker_v1>();
  CHECK(table.caps == BL_CAN_REST_STOP);
  bl_error why{};
  const bl_intent i = intent("bl-1", "0.5", "100");
  CHECK(table.submit(m.p.inst, &i, &why) == BL_E_AGAIN);
  CHECK(std::string(why.message).starts_with("KEY_NOT_JUDGED"));
  bl_query q{};
  q.size = sizeof q;
  q.request = 7;
  q.scope = 8;
  CHECK(table.query(m.p.inst, &q, &why) == BL_PENDING);
  const auto* rates = static_cast<const bl_venue_v1*>(m.p.plugin->base->extension(m.p.inst, to_abi(BL_EXT_VENUE)));
  REQUIRE(rates != nullptr);
  CHECK(rates->n_classes == 2);
  CHECK(rates->classes[0].per_second == 10);
  CHECK(rates->classes[0].burst == 8);  // less at once than the venue lets through: what is held up on the way comes in one heap
  CHECK(rates->classes[0].per_hour == 10'000);
  CHECK(rates->n_costs == 4);
  // ABI 1.3: no more is written than a host of then has room for, and nothing for one with less.
  REQUIRE(BL_HAS(rates, bl_venue_v1, standing));
  struct {
    bl_standing told;
    unsigned char guard[8];
  } room{};
  std::memset(room.guard, 0xAB, sizeof room.guard);
  room.told.size = 88;
  CHECK(rates->standing(m.p.inst, &room.told, &why) == BL_OK);
  CHECK(room.told.size == 88);
  CHECK(room.told.told == 0);
  for (const unsigned char c : room.guard) CHECK(c == 0xAB);
  room.told.size = 80;
  CHECK(rates->standing(m.p.inst, &room.told, &why) == BL_E_INVALID);
  CHECK(rates->standing(m.p.inst, nullptr, &why) == BL_E_INVALID);
  CHECK(m.p.stop() == BL_OK);
  CHECK(table.submit(m.p.inst, &i, &why) == BL_E_STATE);
  room.told.size = sizeof room.told;
  CHECK(rates->standing(m.p.inst, &room.told, &why) == BL_E_STATE);
  CHECK(m.p.start() == BL_OK);
  for (const auto& line : m.host.logs) CHECK(line.find("PRIVATE") == std::string::npos);
}

TEST_CASE("a configuration without its secret, or on a host that lacks something, is refused by name") {
  const auto said = [](auto&& change, std::string_view json) {
    Made m;
    change(m.host);
    const bl_status s = m.p.configure(json);
    const bl_status t = s < 0 ? s : m.p.start();
    CHECK(t == BL_E_CONFIG);
    const std::string text = m.p.error.message;
    CHECK(text.find("MHcC") == std::string::npos);
    return text.substr(0, text.find(':'));
  };
  CHECK(said([](FakeHost& h) { h.secrets.clear(); }, params) == "SECRET_REFUSED");
  CHECK(said([](FakeHost& h) { h.has_services = false; }, params) == "SECRET_UNSUPPORTED");
  CHECK(said([](FakeHost& h) { h.has_network = false; }, params) == "SERVICE_MISSING");
  CHECK(said([](FakeHost& h) { h.secrets["secret://k"] = "MHcCAQEE"; }, params).starts_with("COINBASE_KEY"));
  CHECK(said([](FakeHost&) {}, "{}") == "PARAMS_KEY");
  CHECK(said([](FakeHost&) {}, R"({"key":"secret://none"})") == "SECRET_REFUSED");
}

TEST_CASE("a key file as one secret; events that are none of ours; a cut event") {
  Made m;
  m.host.secrets["secret://file"] = Json{{"name", "organizations/o/apiKeys/k"}, {"privateKey", coinbase_test::p256_pem}}.dump();
  REQUIRE(m.p.run(R"({"key":"secret://file","api_url":"https://venue.example","stream":false})") == BL_OK);
  CHECK(m.p.event(testing::bar(1, 0, 100)) == BL_OK);
  auto r = testing::http_reply(99, 200, "{}");
  CHECK(m.p.event(r) == BL_OK);
  r.h.size = 8;
  CHECK(m.p.event(r) == BL_OK);
}
