// The client's readers of REST answers, beside the rig. Apart from it, because the readers of the stream have a `Book` of the same name.
#pragma once

#include "coinbase/account_answers.hpp"
#include "coinbase/market_answers.hpp"
#include "coinbase/order_answers.hpp"
#include "coinbase/order_replies.hpp"
#include "coinbase/outcome.hpp"
#include "coinbase/product_answers.hpp"
#include "rig.hpp"
