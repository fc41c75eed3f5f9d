// From what the host wants to what is sent: the order's form, on the product's steps.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <string_view>

#include "catalogue.hpp"
#include "coinbase/order_bodies.hpp"

namespace bowline::broker_coinbase {

/// The client id of an intent.
std::string_view client_id_of(const bl_intent& i) noexcept;
/// Whether both are the same order in every term: what may be sent again under the same id.
bool same_order(const bl_intent& a, const bl_intent& b) noexcept;

/// What is to be sent for an intent: sizes rounded down, a buy's prices down and a sale's up. An order that breaks a rule of its product
/// is refused here; one that reduces is not, for any rule but its form: the venue has the last word on what it lets out. `l` without a
/// product (not read yet): only an order that reduces, as it stands.
/// Errors: ORDER_UNSUPPORTED (a type, side or time in force that the venue has not), PRODUCT_NOT_READ (try again), CLIENT_ID_MISSING,
/// COINBASE_TERMS, and those of coinbase::check_order.
Result<coinbase::NewOrder> form_of(const bl_intent& i, const Listed& l);

}  // namespace bowline::broker_coinbase
