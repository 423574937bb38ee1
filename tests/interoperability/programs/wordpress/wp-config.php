<?php
/** The settings of a WordPress of the tests, in the place of those that Debian ships. */

define('DB_HOST', 'localhost:' . getenv('WORDPRESS_SOCKET'));
define('DB_NAME', 'wordpress');
define('DB_USER', 'anybody');
define('DB_PASSWORD', '');
$table_prefix = 'wp_';

define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']);
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_DIR', getenv('WORDPRESS_CONTENT'));
define('WP_DEFAULT_THEME', 'plain');
define('WP_HTTP_BLOCK_EXTERNAL', true); // it asks nobody but hosts of its own name, which is all of 127.0.0.1
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true); // the test runs it, and so knows when it is done

define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
