// Orders are cancelled and edited over REST, by those whose they are.
#include "orders.hpp"

using namespace face_test;
using cb::Configuration;

TEST_CASE("cancels are answered one by one, in their order") {
  Rig r;
  fill_book(r);
  const std::string open = placed(r, new_order("a", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec)).order_id;
  const std::string filled = placed(r, new_order("b", cb::Side::buy, Configuration::limit_ioc, "0.1"_dec, "100.01"_dec)).order_id;
  const std::vector<std::string> ids{filled, open, "no-such-order", open};
  const auto request = must(cb::batch_cancel(ids));
  REQUIRE(request.size() == 1);
  const WebReply reply = r.send(r.alices, request[0]);
  const auto told = must(cb::parse_cancel(reply.body));
  REQUIRE(told.size() == 4);
  using State = cb::CancelResult::State;
  CHECK(told[0].state == State::refused);
  CHECK(told[0].reason == "ORDER_IS_FULLY_FILLED");
  CHECK(told[1].state == State::accepted);
  CHECK(told[2].reason == "UNKNOWN_CANCEL_ORDER");
  CHECK(told[3].reason == "DUPLICATE_CANCEL_REQUEST");
  CHECK(Parsed::parse(reply.body)["results"][1]["failure_reason"] == "UNKNOWN_CANCEL_FAILURE_REASON");
  const auto after = read(r, open);
  CHECK(after.status == cb::OrderStatus::cancelled);
  CHECK(after.cancel_message == "User requested cancel");

  std::string many = R"({"order_ids":[)";
  for (int i = 0; i < 101; ++i) many += (i ? ",\"x" : "\"x") + std::to_string(i) + "\"";
  const WebReply no = r.post(r.alices, std::string(root) + "/orders/batch_cancel", many + "]}");
  check_refused(no, 400, "InvalidArgument");
  CHECK(Parsed::parse(no.body)["error_details"] == "");
  CHECK(Parsed::parse(no.body)["message"] == "Too many orderIDs entered, limit is 100");
  check_refused(r.post(r.alices, std::string(root) + "/orders/batch_cancel", R"({"order_ids":[]})"), 400, "INVALID_ARGUMENT");
}

TEST_CASE("an order of another user can be neither seen, cancelled nor edited") {
  Rig r;
  fill_book(r);
  const std::string id = placed(r, new_order("a", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec)).order_id;
  const WebReply reply = r.send(r.bobs, cb::order(id));
  check_refused(reply, 404, "NOT_FOUND");
  CHECK(Parsed::parse(reply.body)["message"] == "order with this orderID was not found");
  CHECK(cb::says_not_found(cb::outcome_of(cb::Call::read, {cb::Reply::Delivery::whole, reply.status, reply.body})));
  const std::vector<std::string> ids{id};
  CHECK(must(cb::parse_cancel(r.send(r.bobs, must(cb::batch_cancel(ids))[0]).body))[0].reason == "UNKNOWN_CANCEL_ORDER");
  CHECK(must(cb::parse_edit(r.send(r.bobs, cb::edit_order({id, "98"_dec, "1"_dec})).body)).refusal.reason == "CALLER_ID_MISMATCH");
  CHECK(r.e.order(r.alice, id)->state.status == Status::open);
}

TEST_CASE("edits: taken, foretold and refused, and the order tells what it was changed to") {
  Rig r;
  fill_book(r);
  const std::string id = placed(r, new_order("a", cb::Side::buy, Configuration::limit_gtc, "1"_dec, "99"_dec)).order_id;
  const auto foretold = must(cb::parse_edit_preview(r.send(r.alices, cb::preview_edit({id, "98.5"_dec, "2"_dec})).body));
  CHECK(foretold.errors.empty());
  CHECK(*foretold.base_size == "2"_dec);
  CHECK(*foretold.average_filled_price == "98.5"_dec);
  CHECK(*foretold.order_total > "197"_dec);
  CHECK(*read(r, id).terms.limit_price == "99"_dec);

  const WebReply yes = r.send(r.alices, cb::edit_order({id, "98.5"_dec, "2"_dec}));
  CHECK(must(cb::parse_edit(yes.body)).accepted);
  CHECK(Parsed::parse(yes.body)["errors"] == Parsed::array());  // never null: a client falls over it
  const auto told = read(r, id);
  CHECK(*told.terms.limit_price == "98.5"_dec);
  CHECK(*told.terms.base_size == "2"_dec);
  const Parsed history = json_of(r.send(r.alices, cb::order(id)))["order"]["edit_history"];
  REQUIRE(history.size() == 1);
  CHECK(history[0]["price"] == "98.5");
  CHECK(history[0]["size"] == "2");

  const auto no = [&](const Decimal& price, const Decimal& size) {
    const auto reply = must(cb::parse_edit(r.send(r.alices, cb::edit_order({id, price, size})).body));
    CHECK_FALSE(reply.accepted);
    return reply.refusal.reason;
  };
  CHECK(no("98.5"_dec, "2"_dec) == "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST");
  CHECK(no("98.501"_dec, "2"_dec) == "INVALID_EDITED_PRICE");
  CHECK(no("99.9"_dec, "99999"_dec) == "INVALID_EDITED_SIZE");
  CHECK(no("99.9"_dec, "3000"_dec) == "PREVIEW_INSUFFICIENT_FUND");
  const auto errors = must(cb::parse_edit_preview(r.send(r.alices, cb::preview_edit({"nowhere", "1"_dec, "1"_dec})).body)).errors;
  CHECK(errors == std::vector<std::string>{"ORDER_NOT_FOUND"});
}
