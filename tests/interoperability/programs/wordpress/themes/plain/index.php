<?php
/** A theme as small as can be: one post, and the block that trackbacks look for. */

the_post();
?>
<!DOCTYPE html>
<html>
<head><title><?php the_title(); ?></title><?php wp_head(); ?></head>
<body><?php the_content(); ?><!-- <?php trackback_rdf(); ?> --><?php wp_footer(); ?></body>
</html>
