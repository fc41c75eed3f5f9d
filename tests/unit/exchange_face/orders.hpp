// A broker's way with orders: written by the client's writer, answers read by its readers.
#pragma once

#include "readers.hpp"

namespace face_test {

inline void fill_book(Rig& r) { r.market({{"99.99"_dec, "3"_dec}}, {{"100.01"_dec, "0.5"_dec}, {"100.02"_dec, "3"_dec}}, "100"_dec); }

inline cb::CreateReply create(Rig& r, const cb::NewOrder& o) {
  const WebReply reply = r.send(r.alices, cb::create_order(o));
  CHECK(reply.status == 200);
  return must(cb::parse_create(reply.body));
}
inline cb::CreateReply::Placed placed(Rig& r, const cb::NewOrder& o) {
  const auto reply = create(r, o);
  INFO(reply.refusal.reason);
  REQUIRE(reply.placed);
  return *reply.placed;
}
inline cb::VenueOrder read(Rig& r, const std::string& id) { return must(cb::parse_order(r.send(r.alices, cb::order(id)).body)); }
inline std::string refusal(Rig& r, const cb::NewOrder& o) {
  const auto reply = create(r, o);
  CHECK_FALSE(reply.placed);
  return reply.refusal.reason;
}

}  // namespace face_test
