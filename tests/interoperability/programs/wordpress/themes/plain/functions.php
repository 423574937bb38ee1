<?php
/** Posts that are tagged "trackbacks" ask for these alone. */

add_filter('wp_headers', fn($headers) => has_tag('trackbacks', get_queried_object_id())
    ? array_diff_key($headers, ['X-Pingback' => true])
    : $headers);
