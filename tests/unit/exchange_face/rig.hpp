// A small venue with its face, and clients that ask as the plugins do: their requests, their tokens. Their readers are in readers.hpp.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "coinbase/credentials.hpp"
#include "coinbase/endpoints.hpp"
#include "coinbase/jwt.hpp"
#include "coinbase/order_bodies.hpp"
#include "exchange/face/brokerage.hpp"
#include "exchange/face/streams.hpp"
#include "unit/coinbase/keys.hpp"
#include "unit/exchange/venue.hpp"

namespace face_test {

using namespace exchange_test;
namespace cb = bowline::coinbase;
using Parsed = nlohmann::json;

inline constexpr const char* dialled = "localhost:8443";

/// Candles from a list, for every granularity the ones that were put there.
struct Tape final : CandleSource {
  std::map<std::pair<std::string, Granularity>, std::map<std::int64_t, Candle>> all;
  std::size_t asked = 0, largest = 0;  ///< questions; the most buckets that one was about
  void put(const std::string& book, Granularity g, const Candle& c) { all[{book, g}][c.start_s] = c; }
  std::vector<Candle> candles(std::string_view book, Granularity g, std::int64_t start_s, std::int64_t end_s) override {
    ++asked;
    largest = std::max(largest, static_cast<std::size_t>((end_s - start_s) / seconds(g) + 1));
    std::vector<Candle> out;
    for (const auto& [at, c] : all[{std::string(book), g}])
      if (at >= start_s && at <= end_s) out.push_back(c);
    return out;
  }
};

/// One API key in a client's hands.
struct Client {
  cb::TokenMaker tokens;
  Client(const std::string& name, const std::int64_t* now_ns, bool ed = false)
      : tokens(*cb::Credentials::from_parts(name, ed ? std::string(coinbase_test::ed25519_64) : coinbase_test::p256_pem),
               [now_ns] { return *now_ns / second; }, cb::random_nonce) {}
  std::string bearer(const char* method, const std::string& path) { return "Bearer " + *tokens.token(method, dialled, path); }
};

struct Rig : Venue {
  TokenGate gate;
  KeyHolders holders;
  Tape tape;
  FaceOptions face;
  Client alices{"keys/alice", &now}, bobs{"keys/bob", &now, true}, readers{"keys/reader", &now}, traders{"keys/trader", &now},
      strangers{"keys/stranger", &now};
  std::optional<Brokerage> brokerage;

  explicit Rig(FaceOptions options = {}, const Options& engine = {}, const GateOptions& door = {}) : Venue(engine), gate(door) {
    holders["keys/alice"] = {alice, true, true, false};
    holders["keys/bob"] = {bob, true, true, true};
    holders["keys/reader"] = {alice, true, false, false};
    holders["keys/trader"] = {alice, false, true, false};
    for (const char* name : {"keys/alice", "keys/reader", "keys/trader", "keys/stranger"})
      REQUIRE(gate.keys().add(name, coinbase_test::p256_public_pem).ok());
    REQUIRE(gate.keys().add("keys/bob", coinbase_test::ed25519_public_pem).ok());
    face = std::move(options);
    face.holders = &holders;
    face.candles = &tape;
    brokerage.emplace(e, gate, face);
  }
  Rig(const Rig&) = delete;

  WebReply raw(const WebRequest& r) { return brokerage->answer(r, now); }
  /// Without a token.
  WebReply get(const std::string& target) { return raw({"GET", target, {{"Host", dialled}}, ""}); }
  WebReply send(Client& c, const cb::Request& r) {
    const std::string method(cb::word_of(r.method));
    return raw({method, r.target(), {{"Host", dialled}, {"Authorization", c.bearer(method.c_str(), r.path)}}, r.body});
  }
  WebReply send(Client& c, const Result<cb::Request>& r) {
    INFO((r ? "" : r.error().message));
    REQUIRE(r.ok());
    return send(c, *r);
  }
  WebReply signed_get(Client& c, const std::string& target) {
    const std::string path = target.substr(0, target.find('?'));
    return raw({"GET", target, {{"host", dialled}, {"authorization", c.bearer("GET", path)}}, "{}"});
  }
  WebReply post(Client& c, const std::string& path, const std::string& body) {
    return raw({"POST", path, {{"Host", dialled}, {"Authorization", c.bearer("POST", path)}}, body});
  }
  std::string order_id(OrderNo n) const { return e.order_id(n); }
};

/// The value of a Result that has to be one.
template <class T>
T must(Result<T> r) {
  INFO((r ? std::string() : r.error().code + ": " + r.error().message));
  REQUIRE(r.ok());
  return std::move(*r);
}
inline Parsed json_of(const WebReply& r) {
  INFO(r.status << " " << r.body.substr(0, 300));
  REQUIRE(r.status == 200);
  return Parsed::parse(r.body);
}
/// An answer that refuses the whole request: its status and code.
inline void check_refused(const WebReply& r, int status, const std::string& code) {
  INFO(r.body.substr(0, 300));
  CHECK(r.status == status);
  const Parsed v = Parsed::parse(r.body, nullptr, false);
  REQUIRE(v.is_object());
  CHECK(v.value("error", "") == code);
  CHECK(v.at("message").is_string());
}

inline constexpr const char* root = "/api/v3/brokerage";

/// An order as the client's own writer puts it.
inline cb::NewOrder new_order(const std::string& id, cb::Side side, cb::Configuration kind, const Decimal& size,
                              const Decimal& price = Decimal::not_set()) {
  cb::NewOrder o;
  o.client_order_id = id;
  o.product_id = "BTC-USD";
  o.side = side;
  o.terms.configuration = kind;
  o.terms.base_size = size;
  if (price.is_set()) o.terms.limit_price = price;
  return o;
}

}  // namespace face_test
