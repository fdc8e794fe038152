import { describe, expect, test } from 'vitest';
import { columnOf, columnsLike, missingColumnHint, type Role } from '../../../src/base/tables/column-names.js';

/** The names taken from a header for the roles of ratings. */
function taken(header: string): Partial<Record<Role, string>> {
  const names = header.split(',');
  const roles = ['user', 'item', 'rating', 'quantity', 'event', 'timestamp', 'title'] as const;
  return Object.fromEntries(
    roles.flatMap(role => {
      const position = columnOf(role, names);
      return position === -1 ? [] : [[role, names[position]]];
    }),
  );
}

describe('columns are recognised in', () => {
  test.each<[string, string, Partial<Record<Role, string>>]>([
    [
      'a Shopify export of orders',
      'Name,Email,Financial Status,Paid at,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Vendor,Id',
      {
        user: 'Email',
        item: 'Lineitem sku',
        quantity: 'Lineitem quantity',
        timestamp: 'Created at',
        title: 'Lineitem name',
      },
    ],
    [
      'a WooCommerce export of orders',
      'Order ID,Order Date,Customer Name,Billing Email,Item SKU,Item Name,Item Qty,Order Total',
      { user: 'Billing Email', item: 'Item SKU', quantity: 'Item Qty', timestamp: 'Order Date', title: 'Item Name' },
    ],
    [
      'Magento items of orders',
      'order_id,customer_email,sku,name,qty_ordered,price,created_at',
      { user: 'customer_email', item: 'sku', quantity: 'qty_ordered', timestamp: 'created_at', title: 'name' },
    ],
    [
      'Amazon seller reports',
      'order-id,purchase-date,buyer-email,buyer-name,sku,product-name,quantity-purchased',
      {
        user: 'buyer-email',
        item: 'sku',
        quantity: 'quantity-purchased',
        timestamp: 'purchase-date',
        title: 'product-name',
      },
    ],
    [
      'GA4 events',
      'event_date,event_timestamp,event_name,user_pseudo_id,items.item_id,items.quantity',
      {
        user: 'user_pseudo_id',
        item: 'items.item_id',
        quantity: 'items.quantity',
        event: 'event_name',
        timestamp: 'event_timestamp',
      },
    ],
    [
      'Segment events',
      'anonymousId,event,receivedAt,properties.product_id,context.page.path',
      { user: 'anonymousId', item: 'properties.product_id', event: 'event', timestamp: 'receivedAt' },
    ],
    [
      'Online Retail II',
      'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country',
      {
        user: 'Customer ID',
        item: 'StockCode',
        quantity: 'Quantity',
        timestamp: 'InvoiceDate',
        title: 'Description',
      },
    ],
    [
      'dunnhumby',
      'household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID',
      { user: 'household_key', item: 'PRODUCT_ID', quantity: 'QUANTITY' },
    ],
    [
      'Ta-Feng',
      'TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE',
      { user: 'CUSTOMER_ID', item: 'PRODUCT_ID', quantity: 'AMOUNT', timestamp: 'TRANSACTION_DT' },
    ],
    [
      'H&M',
      't_dat,customer_id,article_id,price,sales_channel_id',
      { user: 'customer_id', item: 'article_id', timestamp: 't_dat' },
    ],
    [
      'Retailrocket',
      'timestamp,visitorid,event,itemid,transactionid',
      { user: 'visitorid', item: 'itemid', event: 'event', timestamp: 'timestamp' },
    ],
    [
      'Last.fm',
      'user_id,artist_id,artist_name,plays',
      { user: 'user_id', item: 'artist_id', quantity: 'plays', title: 'artist_name' },
    ],
    ['Book-Crossing', 'User-ID,ISBN,Book-Rating', { user: 'User-ID', item: 'ISBN', rating: 'Book-Rating' }],
    ['anime lists', 'username,anime_id,my_score,user_id,score', { user: 'user_id', item: 'anime_id', rating: 'score' }],
    [
      'Goodreads',
      'user_id,book_id,review_id,is_read,rating,date_added,date_updated,read_at',
      { user: 'user_id', item: 'book_id', rating: 'rating', timestamp: 'date_added' },
    ],
    [
      'Amazon reviews',
      'rating,title,asin,parent_asin,user_id,timestamp,helpful_vote',
      { user: 'user_id', item: 'parent_asin', rating: 'rating', timestamp: 'timestamp', title: 'title' },
    ],
    [
      'earlier Amazon reviews',
      'reviewerID,asin,reviewerName,overall,unixReviewTime,reviewTime',
      { user: 'reviewerID', item: 'asin', rating: 'overall', timestamp: 'unixReviewTime' },
    ],
    [
      'Yelp',
      'review_id,user_id,business_id,stars,date',
      { user: 'user_id', item: 'business_id', rating: 'stars', timestamp: 'date' },
    ],
    [
      'Food.com',
      'user_id,recipe_id,date,rating,review',
      { user: 'user_id', item: 'recipe_id', rating: 'rating', timestamp: 'date' },
    ],
    [
      'Steam reviews',
      'author.steamid,app_id,app_name,timestamp_created',
      { user: 'author.steamid', item: 'app_id', timestamp: 'timestamp_created', title: 'app_name' },
    ],
    [
      'KuaiRec',
      'user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio',
      { user: 'user_id', item: 'video_id', quantity: 'watch_ratio', timestamp: 'timestamp' },
    ],
    [
      'SNAP reviews of beer',
      'beer/beerId,beer/name,review/profileName,review/overall,review/time',
      {
        user: 'review/profileName',
        item: 'beer/beerId',
        rating: 'review/overall',
        timestamp: 'review/time',
        title: 'beer/name',
      },
    ],
    ['sessions', 'session_id,item_id,date', { user: 'session_id', item: 'item_id', timestamp: 'date' }],
    [
      'MovieLens',
      'userId,movieId,rating,timestamp',
      { user: 'userId', item: 'movieId', rating: 'rating', timestamp: 'timestamp' },
    ],
  ])('%s', (_, header, expected) => {
    expect(taken(header)).toEqual(expected);
  });
});

test('an order is nobody, and the hint says what to do', () => {
  const instacart = ['order_id', 'product_id', 'add_to_cart_order', 'reordered'];
  expect(columnOf('user', instacart)).toBe(-1);
  expect(columnOf('user', ['Name', 'Lineitem sku'])).toBe(-1);
  expect(missingColumnHint('user', instacart)).toContain('"order_id" says what was bought together, not by whom');
  expect(missingColumnHint('item', instacart)).toBe('');
  expect(missingColumnHint('user', ['person', 'item'])).toBe('');
});

test('columns that may play a role are found by the words in their names', () => {
  const names = ['purchase_dt', 'watchedAt', 'country', 'discount', 'myStars', 'n_plays', 'sentiment'];
  expect(columnsLike('timestamp', names)).toEqual(['purchase_dt', 'watchedAt']);
  expect(columnsLike('rating', names)).toEqual(['myStars']);
  expect(columnsLike('quantity', names)).toEqual(['n_plays']);
});
