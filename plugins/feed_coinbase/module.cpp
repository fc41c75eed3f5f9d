// bowline.feed.coinbase: see README.md.
#include "plugin.hpp"

BOWLINE_MODULE_SINCE("2", BL_FEED, "feed", "bowline.feed.coinbase", "1.0.0", bowline::feed_coinbase::schema, bowline::feed_coinbase::Plugin,
                     bowline::plugin_common::FeedTable<bowline::feed_coinbase::Plugin>::value, ",\"needed\":[\"libcrypto.so.3\",\"libsimdjson.so.14\"]")
