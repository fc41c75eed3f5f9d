// Any bytes as a body that a client sends: read, or refused with words for the client. What was read means the same when its echo is read.
#include <cstdint>
#include <string>

#include "exchange/wire/create_body.hpp"
#include "exchange/wire/small_bodies.hpp"
#include "fuzz/must.hpp"

using namespace bowline;
using namespace bowline::exchange::wire;
using bowline::fuzz::must;

namespace {

bool same(const CreateBody& a, const CreateBody& b) {
  return a.kind == b.kind && a.configuration_key == b.configuration_key && a.base_size == b.base_size && a.quote_size == b.quote_size &&
         a.limit_price == b.limit_price && a.stop_price == b.stop_price && a.stop_trigger_price == b.stop_trigger_price &&
         a.stop_direction == b.stop_direction && a.end_time_ns == b.end_time_ns && a.post_only == b.post_only && a.echo == b.echo;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto b = parse_create_body(input);
  if (b) {
    must(b->kind != Kind::several, "several configurations are refused", input);
    for (const auto& d : {b->base_size, b->quote_size, b->limit_price, b->stop_price, b->stop_trigger_price})
      must(!d || d->is_set(), "an amount is set", input);
    const auto again = parse_create_body(nlohmann::json{{"order_configuration", b->echo}}.dump());
    must(again.ok() && same(*b, *again), "an echo means what was sent", input);
  } else {
    must(b.error().code == invalid_argument && !b.error().message.empty(), "a refusal has words", input);
  }
  must(b.ok() || !parse_create_body(input, {UnknownFields::refuse}).ok(), "strict takes nothing that is refused otherwise", input);
  if (const auto ids = parse_cancel_body(input)) must(!ids->empty() && ids->size() <= most_cancels, "a cancel has 1 to 100 ids", input);
  if (const auto e = parse_edit_body(input)) must((!e->price || e->price->is_set()) && (!e->size || e->size->is_set()), "an amount is set", input);
  return 0;
}
